using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Cli;

public sealed class InspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inspect_tells_hyper_parameters_tokenizer_and_tensors()
    {
        var json = Modelpack.Ok("inspect", Stories, "--json").Json;
        Assert.Equal("llama", json.GetProperty("architecture").GetString());
        Assert.Equal("5", json.GetProperty("facts").GetProperty("layers").GetString());
        Assert.Equal("64", json.GetProperty("facts").GetProperty("hidden size").GetString());
        Assert.Equal("64", json.GetProperty("hyper_parameters").GetProperty("llama.embedding_length").GetString());
        Assert.Equal("llama", json.GetProperty("tokenizer").GetProperty("model").GetString());
        Assert.Equal(512, json.GetProperty("tokenizer").GetProperty("tokens").GetInt32());
        Assert.Equal(0, json.GetProperty("unsupported").GetArrayLength());
        var tensor = json.GetProperty("tensors").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "token_embd.weight");
        Assert.Equal("F32", tensor.GetProperty("type").GetString());
        Assert.Equal([512, 64], tensor.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()));
        Assert.Equal(512 * 64 * 4, tensor.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public void Inspect_writes_the_shape_that_the_types_depend_on()
    {
        var path = _folder["out/Tiny.shape"];
        Modelpack.Ok("inspect", Stories, "--name", "Tiny", "--namespace", "My.App", "--context-length", "100", "--shape", path);
        var shape = PlanText.ReadShape(File.ReadAllText(path)).Value!;
        Assert.Equal(("Tiny", "My.App", 100), (shape.Name, shape.Namespace, shape.Sizes.ContextLength));
        Assert.Equal(["Tiny.shape"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName));

        // Again, with a last line of JSON; the same bytes keep their time, so that nothing is built again.
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.Equal("llama", Modelpack.Ok("inspect", Stories, "--name", "Tiny", "--namespace", "My.App", "--context-length", "100", "--shape", path, "--json").Json.GetProperty("architecture").GetString());
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void An_unknown_architecture_is_told_with_all_that_is_in_the_file()
    {
        var path = new RandomLlama { Metadata = { ["general.architecture"] = "mamba" } }.Write(_folder);
        var result = Modelpack.Ok("inspect", path, "--json");
        Assert.Equal("mamba", result.Json.GetProperty("architecture").GetString());
        var unsupported = Assert.Single(result.Json.GetProperty("unsupported").EnumerateArray());
        Assert.Equal("MP2101", unsupported.GetProperty("code").GetString());
        Assert.Contains("llama", unsupported.GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Equal(21, result.Json.GetProperty("tensors").GetArrayLength());
        Assert.Equal(40, result.Json.GetProperty("tokenizer").GetProperty("tokens").GetInt32());
        Assert.Contains("21 tensors", Modelpack.Ok("inspect", path).Output, StringComparison.Ordinal);

        // A build wants types of it: there it is an error.
        Modelpack.Refused("MP2101", path, "inspect", path, "--shape", _folder["x.shape"]);
        Assert.False(File.Exists(_folder["x.shape"]));
    }

    [Fact]
    public void What_a_file_says_of_itself_cannot_forge_lines()
    {
        var path = new RandomLlama { Metadata = { ["general.architecture"] = "a\nb : error MP0000: \u001b[31mforged", ["tokenizer.ggml.model"] = "x\ny" } }.Write(_folder);
        var output = Modelpack.Ok("inspect", path).Output;
        Assert.DoesNotContain('\u001b', output);
        Assert.DoesNotContain("\nb :", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\ny", output, StringComparison.Ordinal);
        var twins = new RandomLlama { Metadata = { ["llama.a\u0001"] = 1, ["llama.a\u0002"] = 2 } }.Write(_folder, "twins.gguf");
        Assert.True(Modelpack.Ok("inspect", twins, "--json").Json.GetProperty("hyper_parameters").TryGetProperty("llama.a ", out _));
        Modelpack.Refused("MP2101", path, "pack", path, "-o", _folder["x.mpk"]);
    }
}
