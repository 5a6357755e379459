using System.Runtime.InteropServices;

namespace ModelPack.Tests.Packages;

/// <summary>What publishing a native application takes.</summary>
internal static class NativeTools
{
    /// <summary>The runtime identifier of the Linux that this is.</summary>
    public static string Target => "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    public static void SkipWithout() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && OnPath("clang"), "publishing a native application here needs Linux with clang: run eng/install-native-tools.sh");

    /// <summary>Where Debian keeps the C library that emulated arm64 programs load.</summary>
    public const string Arm64Root = "/usr/aarch64-linux-gnu";

    public static void SkipWithoutArm64()
    {
        SkipWithout();
        Assert.SkipUnless(
            RuntimeInformation.OSArchitecture == Architecture.X64 && OnPath("ld.lld") && OnPath("aarch64-linux-gnu-objcopy") && OnPath("qemu-aarch64-static") && File.Exists(Arm64Root + "/lib/libc.so"),
            "publishing for linux-arm64 and running the result needs lld, objcopy and a C library for aarch64, and qemu: run eng/install-native-tools.sh --arm64");
    }

    public static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
