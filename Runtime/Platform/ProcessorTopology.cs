namespace ModelPack.Platform;

/// <summary>How many threads suit this machine when nobody says.</summary>
internal static class ProcessorTopology
{
    /// <summary>Beyond this the workers wait for memory and for each other.</summary>
    private const int MostThreads = 16;

    /// <summary>1 … 16. Read once.</summary>
    public static int DefaultThreads { get; } = Math.Clamp(Cores(), 1, MostThreads);

    /// <summary>
    /// Cores worth a thread among <paramref name="processors"/> logical ones. Two hyper-threads of a core share its multipliers, so half of them do;
    /// with four or fewer (a container, a small virtual machine) one cannot tell which are siblings, and all are used.
    /// </summary>
    internal static int Cores(int processors, bool smt) => smt && processors > 4 ? processors / 2 : processors;

    /// <summary>The runtime's count respects affinity and container limits; what a platform says beyond it only lowers it.</summary>
    private static int Cores()
    {
        var processors = Environment.ProcessorCount;
        return OperatingSystem.IsLinux() ? Cores(processors, LinuxProcessors.HasActiveSmt())
            : OperatingSystem.IsWindows() ? Cores(processors, WindowsProcessors.HasActiveSmt())
            : OperatingSystem.IsMacOS() ? Math.Min(processors, MacProcessors.PerformanceCores() ?? processors)
            : processors;
    }
}
