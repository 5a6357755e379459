namespace ModelPack.Platform;

/// <summary>
/// Advice to the operating system about pages: one small class per platform behind it, doing nothing as the plain fallback. Advice never changes a result, and nothing needs
/// alignment: ranges may begin and end anywhere.
/// </summary>
internal static unsafe class PageAdvice
{
    private const long HugePageBytes = 2L << 20;

    /// <summary>Smaller buffers are not worth a huge page.</summary>
    private const long SmallestHuge = 1L << 20;

    /// <summary>
    /// Bytes and alignment to allocate for a buffer that is filled at once. One that would leave little of its last huge page unused takes whole ones: a virtual machine was seen that needs 11 µs
    /// for a page fault of 4 KiB and 130 µs for one of 2 MiB.
    /// </summary>
    public static (long Bytes, long Alignment) Allocation(long bytes)
    {
        var whole = (bytes + HugePageBytes - 1) / HugePageBytes * HugePageBytes;
        return !OperatingSystem.IsLinux() ? (bytes, 64)
            : bytes >= SmallestHuge && whole - bytes <= Math.Max(bytes / 2, SmallestHuge) ? (whole, HugePageBytes)
            : (bytes, bytes >= 2 * HugePageBytes ? HugePageBytes : 64);
    }

    /// <summary>Asks for 2 MiB pages: filling 100 MB then takes 50 page faults instead of 25,000.</summary>
    public static void PreferHugePages(byte* start, long bytes)
    {
        if (OperatingSystem.IsLinux() && bytes >= HugePageBytes)
        {
            LinuxPages.PreferHuge(start, (nuint)bytes);
        }
    }

    /// <summary>The file that read-only memory is mapped from, where the platform tells.</summary>
    public static FileRange? FileBehind(byte* start, long bytes) => OperatingSystem.IsLinux() ? LinuxPages.FileBehind((nuint)start, (nuint)bytes) : null;

    /// <summary>Whether <see cref="Release"/> does something and cannot lose what is in the memory.</summary>
    /// <param name="file">What <see cref="FileBehind"/> says of it.</param>
    public static bool CanRelease(FileRange? file) => OperatingSystem.IsLinux() ? file is not null : OperatingSystem.IsMacOS() || OperatingSystem.IsWindows();

    /// <summary>Whole pages are not needed for now; they come back from the file when they are read again. Only where <see cref="CanRelease"/>.</summary>
    /// <param name="start">A page's beginning.</param>
    /// <param name="bytes">A multiple of the page size.</param>
    public static void Release(byte* start, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxPages.Release(start, bytes);
        }
        else if (OperatingSystem.IsMacOS())
        {
            MacPages.Release(start, bytes);
        }
        else if (OperatingSystem.IsWindows())
        {
            WindowsPages.Release(start, bytes);
        }
    }
}
