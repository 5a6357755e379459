using System.Buffers.Text;
using System.Text;

namespace ModelPack.Platform;

/// <summary>Pages on Linux, glibc and musl alike: madvise(2), /proc/self/maps.</summary>
internal static unsafe class LinuxPages
{
    private const int HugePage = 14;

    public static void PreferHuge(void* start, nuint bytes) => UnixAdvice.Give(start, bytes, HugePage);

    /// <summary>MADV_DONTNEED drops the pages at once. Written private pages would be lost: only where <see cref="FileBehind(nuint, nuint)"/> knows a file.</summary>
    public static void Release(void* start, nuint bytes) => UnixAdvice.Give(start, bytes, UnixAdvice.DontNeed);

    /// <summary>The file that a range is mapped from without write permission: one line of /proc/self/maps covers it. null where there is none or that cannot be told.</summary>
    public static FileRange? FileBehind(nuint start, nuint bytes)
    {
        try
        {
            return FileBehind(File.ReadAllBytes("/proc/self/maps"), start, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // no /proc
        }
    }

    /// <summary>The same over the text of a maps file, whose lines are <c>7f0000000000-7f0000001000 r--p 00000000 fe:00 1234   /path</c>.</summary>
    internal static FileRange? FileBehind(ReadOnlySpan<byte> maps, nuint start, nuint bytes)
    {
        foreach (var range in maps.Split((byte)'\n'))
        {
            var line = maps[range];
            if (!Utf8Parser.TryParse(line, out ulong from, out var dash, 'x') || dash >= line.Length || line[dash] != '-'
                || !Utf8Parser.TryParse(line[(dash + 1)..], out ulong to, out var digits, 'x'))
            {
                return null;
            }

            if (from <= start && start < to)
            {
                return start + bytes <= to ? Rest(line[(dash + 1 + digits)..], (long)(start - from)) : null;
            }
        }

        return null;
    }

    /// <summary>Rights, offset and path of a line: <c> r--p 00000000 fe:00 1234   /path</c>.</summary>
    private static FileRange? Rest(ReadOnlySpan<byte> rest, long distance)
    {
        const int Offset = 6;
        var slash = rest.IndexOf((byte)'/');
        return rest.Length > Offset && rest[1] == 'r' && rest[2] != 'w' && slash > Offset && Utf8Parser.TryParse(rest[Offset..], out long offset, out _, 'x')
            ? new(Encoding.UTF8.GetString(rest[slash..]), offset + distance)
            : null;
    }
}
