using System.Text.Json;
using ModelPack.Compiler.Cli;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Graph;

/// <summary>The verbs of <c>modelpack</c>, in this process: what they print, write and leave behind.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modelpack-cli-");

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Inspect_tells_what_is_in_a_file()
    {
        var text = Succeeds("inspect", Stories);
        Assert.Contains("architecture         llama", text);
        Assert.Contains("hidden size          64", text);
        Assert.Contains("tokenizer            llama, pre-tokenizer default, 512 tokens", text);
        Assert.Contains("47 F32", text);
        Assert.DoesNotContain("unsupported", text);

        var json = LastJson(Succeeds("inspect", Stories, "--json"));
        Assert.Equal("llama", json.GetProperty("architecture").GetString());
        Assert.Equal("64", json.GetProperty("hyper_parameters").GetProperty("llama.embedding_length").GetString());
        Assert.Equal(47, json.GetProperty("tensors").GetArrayLength());
        Assert.Equal(512, json.GetProperty("tokenizer").GetProperty("tokens").GetInt32());
        Assert.Equal(0, json.GetProperty("unsupported").GetArrayLength());
    }

    [Fact]
    public void Inspect_tells_what_it_can_of_a_model_that_cannot_be_compiled_and_why()
    {
        var path = new TinyLlama().Key("general.architecture", "mamba").Key("mamba.ssm.conv_kernel", 4u).Key("tokenizer.ggml.model", "bert").Write();
        var text = Succeeds("inspect", path);
        Assert.Contains("mamba.ssm.conv_kernel 4", text);
        Assert.Contains("MP2101", text);
        Assert.Contains("MP2201", text);
        Assert.Equal(["MP2101", "MP2201"], LastJson(Succeeds("inspect", path, "--json")).GetProperty("unsupported").EnumerateArray().Select(e => e.GetProperty("code").GetString()));
        Fails("MP2101", "inspect", path, "--shape", Out("x.shape"));
        AssertNothingLeft();
    }

    [Fact]
    public void Inspect_and_pack_write_the_same_shape()
    {
        Succeeds("inspect", Stories, "--name", "Stories", "--namespace", "App.Models", "--context-length", "256", "--shape", Out("x.shape"));
        Succeeds("pack", Stories, "--name", "Stories", "--namespace", "App.Models", "--context-length", "256", "-o", Out("x.mpk"), "--plan", Out("y.plan"));
        var shape = PlanText.ReadShape(File.ReadAllText(Out("x.shape"))).Value;
        Assert.NotNull(shape);
        Assert.Equal(("Stories", "App.Models", 256), (shape.Name, shape.Namespace, shape.Sizes.ContextLength));
        Assert.Equal(shape, PlanText.ReadPlan(File.ReadAllText(Out("y.plan"))).Value!.Shape);
        Assert.Equal(["x.mpk", "x.shape", "y.plan"], _folder.GetFiles().Select(f => f.Name).Order());
    }

    [Fact]
    public void Pack_prints_one_line_and_its_figures()
    {
        var lines = Succeeds("pack", Stories, "-o", Out("x.mpk"), "--json").TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("stories260K.gguf: 1.1 MB -> ", lines[0]);
        var json = LastJson(lines[1]);
        Assert.Equal(new FileInfo(Stories).Length, json.GetProperty("bytes_in").GetInt64());
        Assert.Equal(new FileInfo(Out("x.mpk")).Length, json.GetProperty("bytes_out").GetInt64());
        Assert.InRange(json.GetProperty("bits_rest").GetDouble(), 20, 32.1);
        Assert.InRange(json.GetProperty("bits_resident").GetDouble(), 32, 32.1);
        Assert.True(json.GetProperty("seconds").GetDouble() >= 0);
        Assert.True(json.GetProperty("peak_rss_mb").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("kld").ValueKind);
    }

    [Fact]
    public void A_pack_has_the_same_bytes_on_any_number_of_threads()
    {
        Succeeds("pack", Stories, "-o", Out("a.mpk"), "--threads", "1");
        Succeeds("pack", Stories, "-o", Out("b.mpk"), "--threads", "5");
        Assert.Equal(File.ReadAllBytes(Out("a.mpk")), File.ReadAllBytes(Out("b.mpk")));
        Assert.Equal(File.ReadAllText(Out("a.plan")), File.ReadAllText(Out("b.plan")));
    }

    [Fact]
    public void An_output_that_would_not_change_is_left_alone()
    {
        Succeeds("pack", Stories, "-o", Out("x.mpk"));
        var before = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Out("x.mpk"), before);
        Succeeds("pack", Stories, "-o", Out("x.mpk"));
        Assert.Equal(before, File.GetLastWriteTimeUtc(Out("x.mpk")));
        Succeeds("pack", Stories, "-o", Out("x.mpk"), "--context-length", "100");
        Assert.Equal(before, File.GetLastWriteTimeUtc(Out("x.mpk")));
        Succeeds("pack", new TinyLlama().Write(), "-o", Out("x.mpk"));
        Assert.NotEqual(before, File.GetLastWriteTimeUtc(Out("x.mpk")));
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    [Fact]
    public void Nothing_half_written_stays_behind_an_error()
    {
        var values = new float[TinyLlama.Intermediate * TinyLlama.Hidden];
        values[77] = float.NaN;
        Fails("MP2013", "pack", new TinyLlama().Tensor("blk.1.ffn_up.weight", [TinyLlama.Intermediate, TinyLlama.Hidden], values).Write(), "-o", Out("x.mpk"));
        Fails("MP2201", "pack", new TinyLlama().Without("tokenizer.ggml.model").Write(), "-o", Out("x.mpk"));
        AssertNothingLeft();

        // An older output stays as it was.
        Succeeds("pack", Stories, "-o", Out("x.mpk"));
        var old = File.ReadAllBytes(Out("x.mpk"));
        Fails("MP2102", "pack", new TinyLlama().Without("blk.1.ffn_up.weight").Write(), "-o", Out("x.mpk"));
        Assert.Equal(old, File.ReadAllBytes(Out("x.mpk")));
        Assert.Equal(["x.mpk", "x.plan"], _folder.GetFiles().Select(f => f.Name).Order());
    }

    [Fact]
    public void Nothing_half_written_stays_behind_when_it_is_cancelled()
    {
        using var errors = new StringWriter();
        Assert.Equal(130, Verbs.Run(["pack", Stories, "-o", Out("x.mpk")], TextWriter.Null, errors, new CancellationToken(canceled: true)));
        Assert.Equal("modelpack: cancelled.\n", errors.ToString());
        AssertNothingLeft();
    }

    [Fact]
    public void Run_gives_the_golden_text_from_the_model_and_from_its_pack()
    {
        string[] options = ["--prompt", "Once upon a time", "--max-tokens", "200"];
        Succeeds("pack", Stories, "-o", Out("x.mpk"));
        var fromModel = Succeeds(["run", Stories, .. options]);
        Assert.Equal(File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260K.once-upon-a-time.200.txt")), fromModel);
        Assert.Equal(fromModel, Succeeds(["run", Out("x.mpk"), .. options]));

        var json = LastJson(Succeeds(["run", Out("x.mpk"), .. options, "--json"]));
        Assert.Equal([1, 403, 407, 261, 378], json.GetProperty("prompt_ids").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(200, json.GetProperty("ids").GetArrayLength());
        Assert.Equal(fromModel.TrimEnd('\n'), json.GetProperty("text").GetString()!.TrimEnd('\n'));
    }

    [Fact]
    public void Run_with_logits_writes_those_of_every_token_given()
    {
        int[] ids = [1, 403, 407, 261, 378, .. Enumerable.Range(100, 40)];
        var json = LastJson(Succeeds("run", Stories, "--ids", string.Join(',', ids), "--max-tokens", "3", "--logits", Out("l.safetensors"), "--json"));
        var file = SafetensorsFile.Open(Out("l.safetensors"));
        Assert.Equal([45, 512], file.Shape("logits"));
        using var model = Interpreted.Load(Stories);
        Assert.Equal(model.Logits(ids), file.GetFloats("logits"));
        Assert.Equal(model.Greedy(ids, 3), json.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32()));
    }

    [Fact]
    public void Run_stops_where_the_context_is_full_and_when_nothing_is_wanted()
    {
        var path = new TinyLlama().Key("llama.context_length", 6u).Write();
        Assert.InRange(LastJson(Succeeds("run", path, "--ids", "3,4,5", "--json")).GetProperty("ids").GetArrayLength(), 1, 4);
        Assert.Equal(0, LastJson(Succeeds("run", path, "--ids", "3,4,5", "--max-tokens", "0", "--json")).GetProperty("ids").GetArrayLength());
        Fails("MP5201", "run", path, "--ids", "3,4,5,6,3,4,5");
        Fails("MP5202", "run", path, "--ids", "3,99");
    }

    [Fact]
    public void Tokenize_gives_the_golden_ids_of_all_texts()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("golden/smollm2-tokens.json")));
        var cases = golden.RootElement.EnumerateArray().ToList();
        File.WriteAllText(Out("texts.json"), JsonSerializer.Serialize(cases.Select(c => c.GetProperty("text").GetString())));
        var json = LastJson(Succeeds("tokenize", SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"), "--texts", Out("texts.json"), "--json"));
        Assert.Equal(
            cases.Select(c => string.Join(' ', c.GetProperty("ids").EnumerateArray())), json.GetProperty("ids").EnumerateArray().Select(l => string.Join(' ', l.EnumerateArray())));
        Assert.Equal(cases.Select(c => c.GetProperty("text").GetString()), json.GetProperty("decoded").EnumerateArray().Select(t => t.GetString()));
    }

    [Fact]
    public void Tokenize_puts_special_tokens_around_a_text_only_when_asked()
    {
        File.WriteAllText(Out("texts.json"), """["One day", ""]""");
        var plain = Succeeds("tokenize", Stories, "--texts", Out("texts.json"))[..^1].Split('\n');
        var special = Succeeds("tokenize", Stories, "--texts", Out("texts.json"), "--special")[..^1].Split('\n');
        Assert.Equal(plain.Select(l => ("1 " + l).TrimEnd()), special);
    }

    [Fact]
    public void Measure_finds_no_divergence_where_nothing_was_rounded()
    {
        File.WriteAllText(Out("t.txt"), string.Concat(Enumerable.Repeat("Once upon a time, there was a little girl named Lily. She loved to play outside in the park. ", 40)));
        Succeeds("pack", Stories, "-o", Out("x.mpk"));
        string[] options = ["--text", Out("t.txt"), "--windows", "2", "--cache", Out("cache"), "--json"];
        var json = LastJson(Succeeds(["measure", Out("x.mpk"), .. options]));
        Assert.Equal(0, json.GetProperty("kld").GetDouble());
        Assert.Equal(1, json.GetProperty("top1").GetDouble());
        Assert.InRange(json.GetProperty("ppl").GetDouble(), 1, 5);
        Assert.Equal(json.GetProperty("ppl").GetDouble(), json.GetProperty("ppl_reference").GetDouble());
        Assert.Equal(new FileInfo(Out("x.mpk")).Length, json.GetProperty("bytes").GetInt64());
        Assert.False(Directory.Exists(Out("cache")));

        // The model file runs in the calibration engine, whose sums have another order: rounding errors of f32 are all there is (a row's divergence is told to about 1e-7). The second time its states come from the cache.
        var other = LastJson(Succeeds(["measure", Out("x.mpk"), "--reference", Stories, .. options]));
        Assert.InRange(other.GetProperty("kld").GetDouble(), 0, 1e-7);
        Assert.Equal(json.GetProperty("ppl").GetDouble(), other.GetProperty("ppl_reference").GetDouble(), 1e-4);
        var cached = Assert.Single(Directory.GetFiles(Out("cache/reference")));
        Assert.Equal(other.ToString(), LastJson(Succeeds(["measure", Out("x.mpk"), "--reference", Stories, .. options])).ToString());

        // A damaged entry is measured anew.
        var bytes = File.ReadAllBytes(cached);
        bytes[100] ^= 1;
        File.WriteAllBytes(cached, bytes);
        Assert.Equal(other.ToString(), LastJson(Succeeds(["measure", Out("x.mpk"), "--reference", Stories, .. options])).ToString());

        Assert.Equal(other.ToString(), LastJson(Succeeds("measure", Out("x.mpk"), "--reference", Stories, "--text", Out("t.txt"), "--windows", "2", "--json", "--cache", "off")).ToString());
        Assert.False(Directory.Exists("off"));
        Fails("MP3004", "measure", Stories, "--text", Stories + ".none");
        Fails("MP3004", "measure", Stories, "--reference", new TinyLlama().Write(), "--text", Out("t.txt"));
    }

    private string Out(string name) => Path.Combine(_folder.FullName, name);

    private void AssertNothingLeft() => Assert.Empty(_folder.GetFileSystemInfos());

    private static JsonElement LastJson(string output) => JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement;

    private static string Succeeds(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        var code = Verbs.Run(arguments, output, errors, CancellationToken.None);
        Assert.Equal("", errors.ToString());
        Assert.Equal(0, code);
        return output.ToString();
    }

    private static void Fails(string code, params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(1, Verbs.Run(arguments, TextWriter.Null, errors, CancellationToken.None));
        Assert.StartsWith($"{arguments[1]} : error {code}: ", errors.ToString());
        Assert.Equal(1, errors.ToString().Count(c => c == '\n'));
    }
}
