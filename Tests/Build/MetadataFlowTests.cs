using Microsoft.Build.Utilities;
using ModelPack.Tasks;
using ModelPack.Tasks.Items;

namespace ModelPack.Tests.Build;

/// <summary>From the metadata of an item to the compiler's command line.</summary>
public sealed class MetadataFlowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingBuildEngine _engine = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The command line for a resolved model whose metadata are as given, also where values are refused today.</summary>
    private string CommandLine(bool pack, params (string Name, string Value)[] metadata)
    {
        var model = _folder.Write("tiny.gguf", "weights");
        var resolve = new ResolveCompressedModels { BuildEngine = _engine, Models = [new TaskItem(model)], RootNamespace = "App", IntermediateFolder = _folder["obj"] };
        Assert.True(resolve.Execute());
        var resolved = Assert.Single(resolve.ResolvedModels);
        foreach (var (name, value) in metadata)
        {
            resolved.SetMetadata(name, value);
        }

        var line = "";
        new CompileModel((_, arguments) =>
        {
            line = arguments;
            return 1;
        })
        {
            BuildEngine = _engine,
            Pack = pack,
            Model = resolved,
            Compiler = _folder.Write("modelpack.dll", ""),
        }.Execute();
        return line;
    }

    [Theory]
    [InlineData("Quality", "Balanced", "--quality Balanced")]
    [InlineData("BitsPerWeight", "4.25", "--bits-per-weight 4.25")]
    [InlineData("MaxSize", "60 MB", "--max-size \"60 MB\"")]
    [InlineData("MemoryBudget", "48MB", "--memory-budget 48MB")]
    [InlineData("DecodeSpeed", "40.5", "--decode-speed 40.5")]
    [InlineData("Profile", "x86-64-v4", "--profile x86-64-v4")]
    [InlineData("Optimize", "Speed", "--optimize Speed")]
    [InlineData("Effort", "Best", "--effort Best")]
    [InlineData("Recipe", "RoundToNearest", "--recipe RoundToNearest")]
    [InlineData("Recipe", "DoubleCompression", "--recipe DoubleCompression")]
    [InlineData("Calibration", "/a b/one.txt\n/two.txt", "--calibration \"/a b/one.txt\" --calibration /two.txt")]
    public void Every_metadatum_becomes_an_option_of_pack(string name, string value, string option)
    {
        Assert.Contains($" {option} ", CommandLine(pack: true, (name, value)));
        Assert.Equal(name == "Quality", CommandLine(pack: false, (name, value)).Contains(option, StringComparison.Ordinal));
    }

    [Fact]
    public void The_compiler_knows_every_option()
    {
        string[] known = ["--context-length", .. Compiler.Cli.CompressionArguments.Names];
        Assert.Equal(known.Order(StringComparer.Ordinal), Metadatum.All.Select(m => m.Option).Where(o => o.Length > 0).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "Balanced", "Debug", "Fast")]
    [InlineData("", "0.05", "debug", "Fast")]
    [InlineData("", "Source", "Debug", "")]
    [InlineData("", "Balanced", "Release", "")]
    [InlineData("Best", "Balanced", "Debug", "Best")]
    public void Debug_builds_make_little_effort_unless_told(string given, string quality, string configuration, string expected) =>
        Assert.Equal(expected, CompressedModelReader.Effort(given, quality, configuration));

    [Fact]
    public void Calibration_texts_are_relative_to_the_project_and_count_by_contents()
    {
        var (one, two) = (_folder.Write("texts/one.txt", "one"), _folder.Write("two.txt", "two"));
        var model = new CompressedModelItem(new TaskItem("x.gguf"), "/x.gguf", "X", "App", [new("Quality", "Balanced"), new("Calibration", one), new("Calibration", two)], "");
        Assert.Equal([one, two], model.Texts);
        var before = Fingerprint.OfTexts(model.Texts);
        Assert.Equal(2, before.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        File.SetLastWriteTimeUtc(one, DateTime.UtcNow.AddDays(-1));
        Assert.Equal(before, Fingerprint.OfTexts(model.Texts));
        File.WriteAllText(two, "TWO");
        Assert.NotEqual(before, Fingerprint.OfTexts(model.Texts));
    }

    [Fact]
    public void A_profile_is_a_file_of_the_project_where_there_is_one_and_else_a_name()
    {
        var file = _folder.Write("pi.profile", "one");
        var item = new TaskItem(_folder.Write("tiny.gguf", "weights"), new Dictionary<string, string> { ["Profile"] = "pi.profile", ["DecodeSpeed"] = "20" });
        var log = new TaskLoggingHelper(_engine, "test");
        var model = new CompressedModelReader(log, "App", _folder.FullPath, "Release").Read(item)!;
        Assert.Contains(new("Profile", file), model.Values);
        Assert.Equal([file], model.Texts);
        File.Delete(file);
        model = new CompressedModelReader(log, "App", _folder.FullPath, "Release").Read(item)!;
        Assert.Contains(new("Profile", "pi.profile"), model.Values);
        Assert.Empty(model.Texts);
        Assert.Empty(_engine.Errors);
    }

    [Fact]
    public void Files_of_a_metadatum_are_found_from_the_project_and_a_missing_one_is_MP1014()
    {
        _folder.Write("texts/one.txt", "one");
        _folder.Write("two.txt", "two");
        var item = new TaskItem("x.gguf");
        var log = new TaskLoggingHelper(_engine, "test");
        Assert.Equal([_folder["texts/one.txt"], _folder["two.txt"]], CompressedModelReader.Texts(log, item, "Calibration", "texts/one.txt; two.txt;", _folder.FullPath)!);
        Assert.Empty(_engine.Errors);
        Assert.Null(CompressedModelReader.Texts(log, item, "Calibration", "texts/one.txt;three.txt", _folder.FullPath));
        Assert.Equal(["MP1014"], _engine.ErrorCodes);
        Assert.Contains(_folder["three.txt"], _engine.Errors[0].Message);
    }
}
