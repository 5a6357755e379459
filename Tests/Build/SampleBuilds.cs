using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Tests.Build;

/// <summary>How the sample was built.</summary>
public enum SampleForm
{
    Jit,

    /// <summary>Native, for the instruction set that the targets choose.</summary>
    Native,

    /// <summary>Native, for x86-64-v4.</summary>
    NativeV4,
}

/// <summary>One build of each form for all of <see cref="SampleTests"/>.</summary>
public sealed class SampleBuilds : IDisposable
{
    private readonly ConsumerProject _project = new(
        $"""
        <CompressedModel Include="{Repository.Path("Tests", "Fixtures", "stories260K.gguf")}" Name="SampleModel" />
        <Compile Include="{Repository.Path("sample-app", "*.cs")}" />
        """,
        "<PublishAot>true</PublishAot><RootNamespace>SampleApp</RootNamespace><CopyOutputSymbolsToPublishDirectory>false</CopyOutputSymbolsToPublishDirectory>");

    private readonly Lazy<BuildResult> _jit;
    private readonly Lazy<BuildResult> _native;
    private readonly Lazy<BuildResult> _nativeV4;

    public SampleBuilds()
    {
        string[] common = ["-c", "Release", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        var target = "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        _jit = new(() => _project.DotNet(["build", .. common]));
        _native = new(() => _project.DotNet(["publish", .. common, "-r", target, "-o", NativeFolder]));
        _nativeV4 = new(() => _project.DotNet(["publish", .. common, "-r", target, "-o", NativeV4Folder, "-p:ModelPackInstructions=x86-64-v4"]));
    }

    internal BuildResult Jit => _jit.Value;

    internal string NativeFolder => _project["published"];

    private string NativeV4Folder => _project["published-v4"];

    /// <summary>What publishing printed; the calling test is skipped where it cannot be done.</summary>
    internal BuildResult Native
    {
        get
        {
            SkipWithoutNativeTools();
            return _native.Value;
        }
    }

    private BuildResult NativeV4
    {
        get
        {
            SkipWithoutNativeTools();
            Assert.SkipUnless(Avx512BW.IsSupported, "this processor has no AVX-512");
            return _nativeV4.Value;
        }
    }

    /// <summary>Runs the sample in one of its forms; a native one in its own folder, where there is nothing else, with an empty environment.</summary>
    internal BuildResult Run(SampleForm form, params string[] arguments)
    {
        (form switch { SampleForm.Jit => Jit, SampleForm.Native => Native, _ => NativeV4 }).Succeeds();
        if (form == SampleForm.Jit)
        {
            return _project.DotNet([_project["bin/Release/net10.0/app.dll"], .. arguments]);
        }

        var folder = form == SampleForm.Native ? NativeFolder : NativeV4Folder;
        return ConsumerProject.RunAlone(folder, Path.Combine(folder, "app"), arguments);
    }

    public void Dispose() => _project.Dispose();

    private static void SkipWithoutNativeTools() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "clang"))),
        "publishing a native application here needs Linux with clang: run eng/install-native-tools.sh");
}
