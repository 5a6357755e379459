using System.Runtime.InteropServices;

namespace ModelPack.Platform;

/// <summary>Processors on macOS: sysctl(3).</summary>
internal static unsafe partial class MacProcessors
{
    /// <summary>Cores of the fast kind: a slow one would hold up every job that is divided evenly. null where the system does not say (Intel).</summary>
    public static int? PerformanceCores()
    {
        var cores = 0;
        nuint bytes = sizeof(int);
        return SysctlByName("hw.perflevel0.physicalcpu", &cores, &bytes, null, 0) == 0 && bytes == sizeof(int) && cores > 0 ? cores : null;
    }

    [LibraryImport("libc", EntryPoint = "sysctlbyname", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SysctlByName(string name, void* value, nuint* bytes, void* newValue, nuint newBytes);
}
