using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>Pages on macOS: madvise(2).</summary>
internal static unsafe partial class MacPages
{
    private const int DontNeed = 4;

    /// <summary>MADV_DONTNEED, which on macOS never loses what is in a page: clean ones of a file are the first to go.</summary>
    public static void Release(void* start, nuint bytes) => _ = Madvise(start, bytes, DontNeed);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
