namespace ModelPack.Platform;

/// <summary>Processors on Linux: sysfs.</summary>
internal static class LinuxProcessors
{
    /// <summary>Whether hyper-threads of one core appear as processors; false where the kernel does not say.</summary>
    public static bool HasActiveSmt()
    {
        try
        {
            return File.ReadAllBytes("/sys/devices/system/cpu/smt/active") is [(byte)'1', ..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
