using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace ModelPack.Tests.Packages;

/// <summary>What `dotnet pack` makes.</summary>
[Trait("Lane", "build")]
[Collection(PackageFeed.Name)]
public sealed class PackageContentsTests(PackageFeed feed)
{
    [Fact]
    public void There_are_two_packages() => Assert.Equal(
        [$"ModelPack.{PackageFeed.Version}.nupkg", $"ModelPack.Runtime.{PackageFeed.Version}.nupkg"],
        Directory.GetFiles(feed.FeedFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void ModelPack_has_targets_tasks_compiler_and_generator_and_no_symbols_or_start_programs()
    {
        Assert.Equal(
            [
                "LICENSE", "ModelPack.nuspec", "README.md", "THIRD-PARTY-NOTICES.txt", "analyzers/dotnet/cs/ModelPack.Generator.dll",
                "build/ModelPack.InstructionSet.targets", "build/ModelPack.props", "build/ModelPack.targets", "buildTransitive/ModelPack.props", "buildTransitive/ModelPack.targets", "icon.png",
                "tasks/netstandard2.0/ModelPack.Tasks.dll", "tools/net10.0/ModelPack.Runtime.dll", "tools/net10.0/System.IO.Hashing.dll", "tools/net10.0/ZstdSharp.dll",
                "tools/net10.0/modelpack.deps.json", "tools/net10.0/modelpack.dll", "tools/net10.0/modelpack.runtimeconfig.json",
            ],
            Names("ModelPack"));
    }

    [Fact]
    public void The_runtime_has_one_assembly_and_its_documentation() => Assert.Equal(
        ["LICENSE", "ModelPack.Runtime.nuspec", "README.md", "THIRD-PARTY-NOTICES.txt", "icon.png", "lib/net10.0/ModelPack.Runtime.dll", "lib/net10.0/ModelPack.Runtime.xml"],
        Names("ModelPack.Runtime"));

    [Fact]
    public void ModelPack_depends_on_exactly_its_own_runtime_and_nothing_else()
    {
        var dependency = Assert.Single(Nuspec("ModelPack").Descendants(), e => e.Name.LocalName == "dependency");
        Assert.Equal(("ModelPack.Runtime", $"[{PackageFeed.Version}]"), (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value));
        Assert.Equal(["System.IO.Hashing", "ZstdSharp.Port"], Nuspec("ModelPack.Runtime").Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value));
    }

    [Theory]
    [InlineData("ModelPack")]
    [InlineData("ModelPack.Runtime")]
    public void A_package_says_what_it_is_and_whose(string id)
    {
        var metadata = Nuspec(id).Descendants().Where(e => !e.HasElements).ToLookup(e => e.Name.LocalName, e => e.Value);
        Assert.Equal(["MIT", "README.md", "icon.png"], new[] { "license", "readme", "icon" }.Select(n => metadata[n].Single()));
        Assert.All(new[] { "description", "authors", "copyright", "tags" }, name => Assert.NotEmpty(metadata[name].Single()));
        var contents = feed.Contents(id);
        var notices = Encoding.UTF8.GetString(contents["THIRD-PARTY-NOTICES.txt"]);
        Assert.All(new[] { "ZstdSharp", "Zstandard", "System.IO.Hashing", "ggml", "UNICODE LICENSE V3" }, name => Assert.Contains(name, notices));
        Assert.Equal(0x89, contents["icon.png"][0]);
    }

    [Theory]
    [InlineData("ModelPack.Runtime", "lib/net10.0/ModelPack.Runtime.dll")]
    [InlineData("ModelPack", "analyzers/dotnet/cs/ModelPack.Generator.dll")]
    [InlineData("ModelPack", "tasks/netstandard2.0/ModelPack.Tasks.dll")]
    public void Assemblies_are_deterministic_have_their_symbols_in_them_and_no_path_of_the_machine(string id, string path)
    {
        var bytes = feed.Contents(id)[path];
        using var image = new PEReader(new MemoryStream(bytes));
        var entries = image.ReadDebugDirectory();
        Assert.Contains(entries, e => e.Type == DebugDirectoryEntryType.Reproducible);
        using var symbols = image.ReadEmbeddedPortablePdbDebugDirectoryData(entries.Single(e => e.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var reader = symbols.GetMetadataReader();
        var documents = reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name)).ToList();
        Assert.NotEmpty(documents);
        Assert.All(documents, d => Assert.StartsWith("/_/", d));
    }

    private IEnumerable<string> Names(string id) =>
        feed.Contents(id).Keys.Where(n => !n.StartsWith("_rels/", StringComparison.Ordinal) && !n.StartsWith("package/", StringComparison.Ordinal) && n != "[Content_Types].xml").Order(StringComparer.Ordinal);

    private XDocument Nuspec(string id) => XDocument.Load(new MemoryStream(feed.Contents(id)[id + ".nuspec"]));
}
