namespace ModelPack.Platform;

/// <summary>Pages on macOS.</summary>
internal static unsafe class MacPages
{
    /// <summary>MADV_DONTNEED, which on macOS never loses what is in a page: clean ones of a file are the first to go.</summary>
    public static void Release(void* start, nuint bytes) => UnixAdvice.Give(start, bytes, UnixAdvice.DontNeed);
}
