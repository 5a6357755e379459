using System.Runtime.InteropServices;

namespace ModelPack.Compiler.Profiles;

/// <summary>What the system calls its processor.</summary>
internal static class ProcessorName
{
    private const string CpuInfo = "/proc/cpuinfo", ModelName = "model name";

    /// <summary>One line.</summary>
    public static string Text { get; } = $"{Name()}, {Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}";

    private static string Name()
    {
        try
        {
            if (File.Exists(CpuInfo) && File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith(ModelName, StringComparison.Ordinal)) is { } line)
            {
                return new([.. line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim().Take(100).Where(c => !char.IsControl(c))]);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A name is all that it is for.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
