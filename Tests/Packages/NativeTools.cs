using System.Runtime.InteropServices;

namespace ModelPack.Tests.Packages;

/// <summary>What publishing a native application takes.</summary>
internal static class NativeTools
{
    /// <summary>The runtime identifier of the Linux that this is.</summary>
    public static string Target => "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    public static void SkipWithout() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && OnPath("clang"), "publishing a native application here needs Linux with clang: run eng/install-native-tools.sh");

    public static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
