using System.Runtime.InteropServices;

namespace ModelPack.Execution;

/// <summary>
/// Advice to the operating system about pages: the one place per platform, with doing nothing as the plain fallback. Advice never changes a result.
/// </summary>
internal static unsafe partial class PageAdvice
{
    private const int DontNeed = 4;
    private const int HugePage = 14;
    private const long HugePageBytes = 2L << 20;

    /// <summary>Alignment with which large buffers profit from <see cref="PreferHugePages"/>.</summary>
    public static long AlignmentFor(long bytes) => OperatingSystem.IsLinux() && bytes >= 2 * HugePageBytes ? HugePageBytes : 64;

    /// <summary>Asks for 2 MiB pages: filling 100 MB then takes 50 page faults instead of 25,000.</summary>
    public static void PreferHugePages(byte* start, long bytes)
    {
        if (OperatingSystem.IsLinux() && bytes >= 2 * HugePageBytes)
        {
            _ = Madvise(start, (nuint)bytes, HugePage);
        }
    }

    /// <summary>
    /// The pages wholly inside a range are not needed for now; they come back from the page cache when they are read again.
    /// Only for memory of which <see cref="IsReadOnlyFile"/> is true, so that nothing can be lost.
    /// </summary>
    public static void Release(byte* start, long bytes)
    {
        // Inward: packs are not aligned, and the neighbours' pages stay.
        nuint page = (nuint)Environment.SystemPageSize, first = ((nuint)start + page - 1) / page * page, end = ((nuint)start + (nuint)bytes) / page * page;
        if (end > first)
        {
            _ = Madvise((void*)first, end - first, DontNeed);
        }
    }

    /// <summary>Whether a range is mapped from a file without write permission: one line of /proc/self/maps covers it. False where that cannot be told.</summary>
    public static bool IsReadOnlyFile(byte* start, long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        nuint first = (nuint)start, end = first + (nuint)bytes;
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                // 7f0000000000-7f0000001000 r--p 00000000 fe:00 1234   /path
                var dash = line.IndexOf('-');
                var space = line.IndexOf(' ');
                if (dash < 0 || space < dash + 2 || line.Length < space + 5
                    || !nuint.TryParse(line.AsSpan(0, dash), System.Globalization.NumberStyles.HexNumber, null, out var from)
                    || !nuint.TryParse(line.AsSpan(dash + 1, space - dash - 1), System.Globalization.NumberStyles.HexNumber, null, out var to))
                {
                    return false;
                }

                if (from <= first && first < to)
                {
                    return end <= to && line[space + 2] != 'w' && line.IndexOf('/', space) > 0;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: no advice.
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
