using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>Pages on Linux, glibc and musl alike: madvise(2), /proc/self/maps.</summary>
internal static unsafe partial class LinuxPages
{
    private const int DontNeed = 4;
    private const int HugePage = 14;

    public static void PreferHuge(void* start, nuint bytes) => _ = Madvise(start, bytes, HugePage);

    /// <summary>MADV_DONTNEED drops the pages at once. Written private pages would be lost: only where <see cref="IsReadOnlyFile(nuint, nuint)"/>.</summary>
    public static void Release(void* start, nuint bytes) => _ = Madvise(start, bytes, DontNeed);

    /// <summary>Whether a range is mapped from a file without write permission: one line of /proc/self/maps covers it. False where that cannot be told.</summary>
    public static bool IsReadOnlyFile(nuint start, nuint bytes)
    {
        try
        {
            return IsReadOnlyFile(File.ReadAllBytes("/proc/self/maps"), start, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no /proc
        }
    }

    /// <summary>The same over the text of a maps file, whose lines are <c>7f0000000000-7f0000001000 r--p 00000000 fe:00 1234   /path</c>.</summary>
    internal static bool IsReadOnlyFile(ReadOnlySpan<byte> maps, nuint start, nuint bytes)
    {
        foreach (var range in maps.Split((byte)'\n'))
        {
            var line = maps[range];
            if (!Utf8Parser.TryParse(line, out ulong from, out var at, 'x') || at + 1 >= line.Length || line[at] != '-'
                || !Utf8Parser.TryParse(line[(at + 1)..], out ulong to, out var digits, 'x'))
            {
                return false;
            }

            var rights = line[(at + 1 + digits)..];
            if (from <= start && start < to)
            {
                return start + bytes <= to && rights.Length > 4 && rights[1] == 'r' && rights[2] != 'w' && rights.Contains((byte)'/');
            }
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
