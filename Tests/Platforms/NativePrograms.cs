using System.Runtime.InteropServices;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Platforms;

/// <summary>
/// Native programs for several processors, published when a test first asks, and run natively or under an emulator. A test is skipped, with what is
/// missing, where this machine cannot do that.
/// </summary>
public sealed class NativePrograms : IDisposable
{
    private const string Sysroot = "/usr/aarch64-linux-gnu";

    private readonly Dictionary<string, string> _published = [];

    // Its folder holds the published programs; it is also the project that takes the sample's source.
    private readonly ConsumerProject _project = new(
        $"""
        <CompressedModel Include="{Repository.Path("Tests", "Fixtures", "stories260K.gguf")}" Name="SampleModel" />
        <Compile Include="{Repository.Path("sample-app", "*.cs")}" />
        """,
        "<PublishAot>true</PublishAot><RootNamespace>SampleApp</RootNamespace><CopyOutputSymbolsToPublishDirectory>false</CopyOutputSymbolsToPublishDirectory>");

    /// <summary>eng/kernel-check for linux-x64.</summary>
    internal string KernelCheckX64(string instructionSet)
    {
        SkipUnlessPublishing();
        return Publish("check-" + instructionSet, "ModelPack.KernelCheck", folder => _project.DotNet(
            "publish", Repository.Path("eng", "kernel-check"), "-c", "Release", "-r", "linux-x64", "-o", folder, "-p:IlcInstructionSet=" + instructionSet, "-nodeReuse:false", "-p:UseSharedCompilation=false"));
    }

    /// <summary>eng/kernel-check for linux-arm64.</summary>
    internal string KernelCheckArm64() => PublishArm64("check-arm64", Repository.Path("eng", "kernel-check"), "ModelPack.KernelCheck");

    /// <summary>The sample in a user's project for linux-arm64.</summary>
    internal string SampleArm64() => PublishArm64("sample-arm64", _project["app.csproj"], "app");

    internal BuildResult Run(string program, params string[] arguments) => _project.Run(program, arguments);

    /// <summary>Runs an arm64 program on an emulated processor.</summary>
    internal BuildResult RunArm64(string processor, string program, params string[] arguments) =>
        _project.Run("qemu-aarch64-static", ["-L", Sysroot, "-cpu", processor, program, .. arguments]);

    /// <summary>Runs an x64 program on an emulated processor.</summary>
    internal BuildResult RunX64(string processor, string program, params string[] arguments)
    {
        Assert.SkipUnless(OnPath("qemu-x86_64-static"), "emulating an x64 processor needs qemu-x86_64-static: run eng/install-native-tools.sh --arm64");
        return _project.Run("qemu-x86_64-static", ["-cpu", processor, program, .. arguments]);
    }

    public void Dispose() => _project.Dispose();

    private static void SkipUnlessPublishing() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64 && OnPath("clang") && OnPath("ld.lld"),
        "publishing native programs for both processors needs linux-x64 with clang and lld: run eng/install-native-tools.sh");

    private string PublishArm64(string name, string project, string program)
    {
        SkipUnlessPublishing();
        Assert.SkipUnless(
            OnPath("aarch64-linux-gnu-objcopy") && OnPath("qemu-aarch64-static") && File.Exists(Sysroot + "/lib/libc.so"),
            "publishing for linux-arm64 and running the result needs objcopy and a C library for aarch64, and qemu: run eng/install-native-tools.sh --arm64");
        return Publish(name, program, folder => _project.Run(
            "bash", Repository.Path("eng", "publish-arm64.sh"), project, folder, "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"));
    }

    private string Publish(string name, string program, Func<string, BuildResult> publish)
    {
        if (!_published.TryGetValue(name, out var path))
        {
            var result = publish(_project[name]).Succeeds();
            Assert.DoesNotContain("warning", result.Output);
            path = Path.Combine(_project[name], program);
            _published.Add(name, path);
        }

        return path;
    }

    private static bool OnPath(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
