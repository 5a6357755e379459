using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>Processors on Windows.</summary>
internal static unsafe partial class WindowsProcessors
{
    private const int RelationProcessorCore = 0;

    // PROCESSOR_RELATIONSHIP.Flags lies behind Relationship and Size, 4 bytes each.
    private const int FlagsOffset = 8;
    private const byte LtpPcSmt = 1;

    /// <summary>Whether hyper-threads of one core appear as processors; false where the system does not say.</summary>
    public static bool HasActiveSmt()
    {
        uint bytes = 0;
        _ = GetLogicalProcessorInformationEx(RelationProcessorCore, null, &bytes);
        if (bytes is <= FlagsOffset or > 1 << 20)
        {
            return false;
        }

        var buffer = new byte[bytes];
        fixed (byte* p = buffer)
        {
            // The first core speaks for all: hybrid processors have their threaded cores first.
            return GetLogicalProcessorInformationEx(RelationProcessorCore, p, &bytes) != 0 && (buffer[FlagsOffset] & LtpPcSmt) != 0;
        }
    }

    [LibraryImport("kernel32", EntryPoint = "GetLogicalProcessorInformationEx")]
    private static partial int GetLogicalProcessorInformationEx(int relationship, byte* buffer, uint* bytes);
}
