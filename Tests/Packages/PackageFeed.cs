using System.IO.Compression;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Packages;

/// <summary>
/// Both packages, packed once from what has been built, in a folder that is a NuGet feed; around it, user projects that restore them. Packages are unpacked into a folder of the
/// fixture's own, under a version of its own: the user's cache is read for everything else, and never written.
/// </summary>
[CollectionDefinition(Name)]
public sealed class PackageFeed : IDisposable, ICollectionFixture<PackageFeed>
{
    /// <summary>Of the collection: its tests run one after another, on the same feed.</summary>
    public const string Name = "packages";

    public const string Version = "0.1.9999";

    private static readonly string s_golden = File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260K.once-upon-a-time.200.txt"));

    private readonly TemporaryFolder _folder = new();

    public PackageFeed()
    {
        foreach (var project in new[] { "Runtime", "Package" })
        {
            ConsumerProject.RunIn(
                Repository.Root, [], "dotnet", "pack", Repository.Path(project), "-c", Repository.Configuration, "-o", _folder["feed"], "-p:PackageVersion=" + Version, "--no-build", "--nologo", "-nodeReuse:false").Succeeds();
        }

        // Nothing of what lies above the temporary folder takes part; the user's own feeds stay, as the second source.
        _folder.Write("Directory.Build.props", "<Project />");
        _folder.Write("Directory.Build.targets", "<Project />");
        _folder.Write("Directory.Packages.props", "<Project />");
        _folder.Write("nuget.config", """<configuration><packageSources><add key="modelpack-local" value="feed" /></packageSources></configuration>""");
        var user = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Variables = new()
        {
            ["NUGET_PACKAGES"] = _folder["packages"],
            // Without this .NET's own packs would be fetched for every run.
            ["RestoreFallbackFolders"] = user,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["ModelPackCache"] = "true",
            ["ModelPackCacheFolder"] = _folder["cache"],
        };
    }

    /// <summary>What the model says, as every golden test of the sample wants it.</summary>
    public static string Golden => s_golden;

    /// <summary>A program that prints it.</summary>
    public static string Program(string model = "Model") => $$"""
        using ModelPack;

        Console.WriteLine({{model}}.Generate("Once upon a time", new GenerateOptions { MaxTokens = 200 }));

        """;

    internal Dictionary<string, string> Variables { get; }

    public string FeedFolder => _folder["feed"];

    public string CacheFolder => _folder["cache"];

    public string this[string relative] => _folder[relative];

    public string Write(string relative, string text) => _folder.Write(relative, text);

    /// <summary>A C# project that references the package.</summary>
    /// <param name="path">Of the project file, below the fixture's folder.</param>
    /// <param name="items">Beside the reference.</param>
    /// <param name="properties">Beside those of <c>dotnet new console</c>.</param>
    public string Project(string path, string items, string properties = "<OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>") => Write(path, $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <InvariantGlobalization>true</InvariantGlobalization>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <RootNamespace>App</RootNamespace>
            <CopyOutputSymbolsToPublishDirectory>false</CopyOutputSymbolsToPublishDirectory>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            {items}
          </ItemGroup>
        </Project>
        """);

    public static string Reference => $"""<PackageReference Include="ModelPack" Version="{Version}" />""";

    /// <summary>The item, with the model that is in this repository.</summary>
    public static string Model(string name = "Model") => $"""<CompressedModel Include="{Repository.Path("Tests", "Fixtures", "stories260K.gguf")}" Name="{name}" />""";

    internal BuildResult DotNet(string folder, params string[] arguments) => Run(folder, "dotnet", [.. arguments, .. arguments[0] is "build" or "publish" ? ["--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"] : Array.Empty<string>()]);

    internal BuildResult Run(string folder, string program, params string[] arguments) => ConsumerProject.RunIn(_folder[folder], Variables, program, arguments);

    /// <summary>Entries of a package, by path.</summary>
    public Dictionary<string, byte[]> Contents(string id)
    {
        using var package = ZipFile.OpenRead(Path.Combine(FeedFolder, $"{id}.{Version}.nupkg"));
        return package.Entries.ToDictionary(e => e.FullName, e =>
        {
            using var stream = e.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return memory.ToArray();
        });
    }

    public void Dispose() => _folder.Dispose();
}
