using System.Runtime.InteropServices;

namespace ModelPack.Tests.Build;

/// <summary>The sample's own source with stories260K in a user's project: published as one native file, or run by the JIT, each when first asked for.</summary>
internal sealed class SampleProject : IDisposable
{
    private readonly ConsumerProject _project;
    private readonly Lazy<BuildResult> _published;
    private readonly Lazy<BuildResult> _built;

    /// <param name="instructions">Metadatum Instructions; empty: what the targets choose.</param>
    public SampleProject(string instructions)
    {
        var metadatum = instructions.Length == 0 ? "" : $"Instructions=\"{instructions}\" ";
        _project = new(
            $"""
            <CompressedModel Include="{Repository.Path("Tests", "Fixtures", "stories260K.gguf")}" Name="SampleModel" {metadatum}/>
            <Compile Include="{Repository.Path("sample-app", "*.cs")}" />
            """,
            "<PublishAot>true</PublishAot><RootNamespace>SampleApp</RootNamespace><CopyOutputSymbolsToPublishDirectory>false</CopyOutputSymbolsToPublishDirectory>");
        var target = "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        _published = new(() => _project.DotNet("publish", "-c", "Release", "--nologo", "-r", target, "-o", Folder, "-nodeReuse:false", "-p:UseSharedCompilation=false"));
        _built = new(() => _project.DotNet("build", "-c", "Release", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"));
    }

    /// <summary>Where the native file lies, and nothing else.</summary>
    public string Folder => _project["published"];

    /// <summary>What publishing printed; skips the calling test where it cannot be done.</summary>
    public BuildResult Publish()
    {
        var clang = OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "clang")));
        Assert.SkipUnless(clang, "publishing a native application here needs Linux with clang: run eng/install-native-tools.sh");
        return _published.Value.Succeeds();
    }

    /// <summary>Runs the native file in its folder, where there is nothing but itself, with an empty environment.</summary>
    public BuildResult RunAlone(params string[] arguments)
    {
        Publish();
        return ConsumerProject.RunAlone(Folder, Path.Combine(Folder, "app"), arguments);
    }

    /// <summary>As <c>dotnet run</c> does, with the JIT.</summary>
    public BuildResult RunJit(params string[] arguments)
    {
        _built.Value.Succeeds();
        return _project.DotNet(["run", "-c", "Release", "--no-build", "--", .. arguments]);
    }

    public void Dispose() => _project.Dispose();
}
