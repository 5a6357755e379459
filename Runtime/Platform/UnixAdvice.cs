using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>madvise(2), where the process's C library has it.</summary>
internal static unsafe class UnixAdvice
{
    /// <summary>MADV_DONTNEED: the same number on Linux and macOS, with different meanings.</summary>
    public const int DontNeed = 4;

    // From the program itself, whose C library is loaded anyway: looking for a library named "libc" tries 120 paths, half a millisecond of every start.
    private static readonly delegate* unmanaged<void*, nuint, int, int> s_madvise = Find();

    public static void Give(void* start, nuint bytes, int advice)
    {
        if (s_madvise is not null)
        {
            _ = s_madvise(start, bytes, advice);
        }
    }

    private static delegate* unmanaged<void*, nuint, int, int> Find() =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out var address) ? (delegate* unmanaged<void*, nuint, int, int>)address : null;
}
