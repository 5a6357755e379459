namespace ModelPack;

/// <summary>How many threads suit this machine when nobody says.</summary>
internal static class ProcessorTopology
{
    /// <summary>Beyond this the workers wait for memory and for each other.</summary>
    private const int MostThreads = 16;

    /// <summary>1 … 16. Read once.</summary>
    public static int DefaultThreads { get; } = Math.Clamp(Cores(Environment.ProcessorCount, SmtIsActive()), 1, MostThreads);

    /// <summary>
    /// Cores worth a thread among <paramref name="processors"/> logical ones. Two hyper-threads of a core share its multipliers, so half of them do;
    /// with four or fewer (a container, a small virtual machine) one cannot tell which are siblings, and all are used.
    /// </summary>
    internal static int Cores(int processors, bool smt) => smt && processors > 4 ? processors / 2 : processors;

    /// <summary>Linux says so in sysfs; elsewhere (no SMT on Apple silicon; unknown on Windows) every logical processor counts.</summary>
    private static bool SmtIsActive()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return File.ReadAllText("/sys/devices/system/cpu/smt/active").AsSpan().Trim() is "1";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
