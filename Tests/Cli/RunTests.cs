using System.Text.Json;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Cli;

public sealed class RunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_continues_a_prompt_greedily()
    {
        var json = Modelpack.Ok("run", Stories, "--prompt", "Once upon a time", "--max-tokens", "20", "--threads", "1", "--json").Json;
        var prompt = Ids(json, "prompt_ids");
        Assert.Equal(1, prompt[0]); // the beginning-of-sequence token that the file asks for
        Assert.Equal(20, Ids(json, "ids").Length);
        var story = File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260K.once-upon-a-time.200.txt"));
        Assert.Contains(json.GetProperty("text").GetString()!.Trim(), story, StringComparison.Ordinal);

        // The same ids, taken as they are, have the same continuation.
        var again = Modelpack.Ok("run", Stories, "--ids", string.Join(',', prompt), "--max-tokens", "20", "--kernels", "scalar", "--json").Json;
        Assert.Equal(prompt, Ids(again, "prompt_ids"));
        Assert.Equal(Ids(json, "ids"), Ids(again, "ids"));
    }

    [Fact]
    public void Run_writes_the_logits_of_the_given_ids()
    {
        var path = _folder["logits.safetensors"];
        int[] ids = [1, 403, 407, 261];
        var json = Modelpack.Ok("run", Stories, "--ids", string.Join(',', ids), "--max-tokens", "1", "--logits", path, "--activations", "float", "--json").Json;
        var logits = SafetensorsFile.Open(path).GetFloats("logits");
        Assert.Equal(ids.Length * 512, logits.Length);
        PackedModel.AssertSameBits(PackedModel.Compile(Stories).Interpret(new() { FloatActivations = true }, ids, []), logits);
        Assert.Equal(Array.IndexOf(logits[^512..], logits[^512..].Max()), Ids(json, "ids").Single());
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused()
    {
        var text = Modelpack.Refused("MP5201", Stories, "run", Stories, "--ids", "1,2,3,4,5", "--context-length", "4");
        Assert.Contains("5 tokens", text, StringComparison.Ordinal);
        Assert.Contains("4 positions", text, StringComparison.Ordinal);
        Assert.Single(Ids(Modelpack.Ok("run", Stories, "--ids", "1,2,3,4", "--context-length", "4", "--json").Json, "ids"));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_refused() =>
        Assert.Contains("512", Modelpack.Refused("MP5202", Stories, "run", Stories, "--ids", "1,512"), StringComparison.Ordinal);

    [Fact]
    public void Tokenize_gives_ids_and_their_texts_back()
    {
        string[] texts = ["Once upon a time", "", "naïve café"];
        var list = _folder.Write("texts.json", JsonSerializer.Serialize(texts));
        var json = Modelpack.Ok("tokenize", Stories, "--texts", list, "--json").Json;
        Assert.Equal(3, json.GetProperty("ids").GetArrayLength());
        Assert.Equal(0, json.GetProperty("ids")[1].GetArrayLength());
        Assert.Equal(texts, json.GetProperty("decoded").EnumerateArray().Select(e => e.GetString()!.TrimStart()));
        var special = Modelpack.Ok("tokenize", Stories, "--texts", list, "--special", "--json").Json;
        Assert.Equal([1, .. json.GetProperty("ids")[0].EnumerateArray().Select(e => e.GetInt32())], special.GetProperty("ids")[0].EnumerateArray().Select(e => e.GetInt32()));
    }

    [Theory]
    [InlineData("{\"a\": 1}")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[\"open")]
    public void Texts_that_are_no_list_of_strings_are_refused(string text) =>
        Assert.Contains("JSON list of strings", Modelpack.Refused("MP3004", Stories, "tokenize", Stories, "--texts", _folder.Write("t.json", text)), StringComparison.Ordinal);

    [Fact]
    public void Measure_compares_int8_with_float_activations()
    {
        var text = _folder.Write("t.txt", string.Join(' ', Enumerable.Repeat("Once upon a time there was a little girl who liked to play with her red ball in the park.", 40)));
        var json = Modelpack.Ok("measure", Stories, "--text", text, "--windows", "1", "--json").Json;

        // Weights in f32 take f32 activations either way; but the reference runs in calibration's engine, which adds in another order.
        Assert.Equal(0, json.GetProperty("kld").GetDouble(), 1e-6);
        Assert.Equal(0, json.GetProperty("kld_p99").GetDouble(), 1e-5);
        Assert.Equal(1, json.GetProperty("top1").GetDouble());
        Assert.Equal(json.GetProperty("ppl_reference").GetDouble(), json.GetProperty("ppl").GetDouble(), 1e-3);
        Assert.InRange(json.GetProperty("ppl").GetDouble(), 1, 500);
        Assert.True(json.GetProperty("bytes").GetInt64() > 500_000);
        Assert.True(json.GetProperty("bits_rest").GetDouble() > 0);
        Assert.Equal(32, json.GetProperty("bits_resident").GetDouble(), 1.0);
        Assert.Contains("a window has 512", Modelpack.Refused("MP3004", Stories, "measure", Stories, "--text", _folder.Write("s.txt", "short")), StringComparison.Ordinal);
    }

    private static int[] Ids(JsonElement json, string property) => [.. json.GetProperty(property).EnumerateArray().Select(e => e.GetInt32())];
}
