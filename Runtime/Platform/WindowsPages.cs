using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>Pages on Windows.</summary>
internal static unsafe partial class WindowsPages
{
    /// <summary>
    /// VirtualUnlock of a range that is not locked removes its pages from the working set (its documented remark, returning FALSE with ERROR_NOT_LOCKED) and loses nothing.
    /// DiscardVirtualMemory and OfferVirtualMemory are for private memory only.
    /// </summary>
    public static void Release(void* start, nuint bytes) => _ = VirtualUnlock(start, bytes);

    [LibraryImport("kernel32", EntryPoint = "VirtualUnlock")]
    private static partial int VirtualUnlock(void* address, nuint length);
}
