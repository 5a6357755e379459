using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Cli;

public sealed class PackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _out;

    public PackTests() => _out = Directory.CreateDirectory(_folder["out"]).FullName;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pack_writes_pack_and_plan_and_says_what_it_did()
    {
        var model = new RandomLlama { Matrices = MatrixType.Q8_0 }.Write(_folder);
        var result = Modelpack.Ok("pack", model, "--name", "Tiny", "--namespace", "App", "--quality", "source", "-o", Out("Tiny.mpk"), "--plan", Out("Tiny.plan"), "--threads", "1", "--json");
        Assert.Equal(["Tiny.mpk", "Tiny.plan"], Files());
        var plan = PlanText.ReadPlan(File.ReadAllText(Out("Tiny.plan"))).Value!;
        Assert.Equal(new FileInfo(Out("Tiny.mpk")).Length, plan.PackBytes);

        Assert.Equal(2, result.Output.TrimEnd().Split('\n').Length);
        Assert.StartsWith("tiny.gguf: ", result.Output, StringComparison.Ordinal);
        Assert.Equal(new FileInfo(model).Length, result.Json.GetProperty("bytes_in").GetInt64());
        Assert.Equal(plan.PackBytes, result.Json.GetProperty("bytes_out").GetInt64());
        Assert.InRange(result.Json.GetProperty("bits_resident").GetDouble(), 8.5, 9);
        Assert.True(result.Json.GetProperty("bits_rest").GetDouble() > 0);
        Assert.True(result.Json.GetProperty("seconds").GetDouble() >= 0);
        Assert.True(result.Json.GetProperty("peak_rss_mb").GetDouble() > 1);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, result.Json.GetProperty("kld").ValueKind);
    }

    [Theory]
    [InlineData("Bset", "'Bset' is not a quality", "Source, High, Good, Balanced, Small, Tiny")]
    [InlineData("-1", "'-1' is not a quality", "KL divergence")]
    public void A_quality_that_is_none_says_which_there_are(string quality, params string[] parts)
    {
        var model = new RandomLlama().Write(_folder);
        var text = Modelpack.Refused("MP3002", model, "pack", model, "-o", Out("x.mpk"), "--quality", quality);
        Assert.All(parts, part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.Empty(Files());
    }

    [Theory]
    [InlineData("pack", "-o")]
    [InlineData("inspect", "--shape")]
    public void A_context_beyond_the_models_own_is_refused(string verb, string option)
    {
        var model = new RandomLlama { Context = 128 }.Write(_folder);
        var text = Modelpack.Refused("MP3003", model, verb, model, option, Out("x"), "--context-length", "129");
        Assert.Contains("129", text, StringComparison.Ordinal);
        Assert.Contains("1 to 128", text, StringComparison.Ordinal);
        Assert.Empty(Files());
        Modelpack.Ok(verb, model, option, Out("x"), "--context-length", "128");
        Modelpack.Refused("MP3003", model, "inspect", model, "--context-length", "129");
        Modelpack.Refused("MP3004", model, verb, model, option, Out("x"), "--context-length", "0");
    }

    [Theory]
    [InlineData("blk.1.ffn_up.weight")]
    [InlineData("blk.0.attn_norm.weight")]
    public void A_weight_that_is_no_number_is_found_and_nothing_is_left(string name)
    {
        var model = new RandomLlama { Edit = (tensor, values) => values[5] = tensor == name ? float.NaN : values[5] }.Write(_folder);
        var text = Modelpack.Refused("MP2013", model, "pack", model, "-o", Out("x.mpk"), "--plan", Out("x.plan"));
        Assert.Contains($"element 5 of row 0 of tensor '{name}'", text, StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    [Fact]
    public void A_tokenizer_that_is_not_supported_is_found_before_anything_is_packed()
    {
        var model = new RandomLlama { Metadata = { ["tokenizer.ggml.model"] = "rwkv" }, Edit = (_, values) => values[0] = float.NaN }.Write(_folder);
        Modelpack.Refused("MP2201", model, "pack", model, "-o", Out("x.mpk"));
        Assert.Empty(Files());
    }

    [Fact]
    public void An_old_pack_outlives_a_failed_one()
    {
        File.WriteAllText(Out("x.mpk"), "old");
        var model = new RandomLlama { Tensors = { ["output_norm.weight"] = null } }.Write(_folder);
        Modelpack.Refused("MP2102", model, "pack", model, "-o", Out("x.mpk"));
        Assert.Equal("old", File.ReadAllText(Out("x.mpk")));
        Assert.Equal(["x.mpk"], Files());
    }

    [Fact]
    public void Cancelling_leaves_nothing_behind()
    {
        var model = new RandomLlama().Write(_folder);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var result = Modelpack.Run(cancellation.Token, "pack", model, "-o", Out("x.mpk"), "--plan", Out("x.plan"));
        Assert.Equal((130, "modelpack: cancelled."), (result.ExitCode, result.Errors.TrimEnd()));
        Assert.Empty(Files());
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_named_and_nothing_is_left()
    {
        var model = new RandomLlama().Write(_folder);
        Assert.Contains("x.mpk", Modelpack.Refused("MP3005", model, "pack", model, "-o", Path.Combine(model, "x.mpk")), StringComparison.Ordinal);
        Assert.Contains("it is a folder", Modelpack.Refused("MP3005", model, "pack", model, "-o", _out), StringComparison.Ordinal);
        Modelpack.Refused("MP3005", model, "pack", model, "-o", "");
        Modelpack.Refused("MP3005", model, "inspect", model, "--shape", "a\0b");

        // The plan's place is found bad before any work, and the pack does not appear without it.
        Modelpack.Refused("MP3005", model, "pack", model, "-o", Out("x.mpk"), "--plan", Path.Combine(model, "x.plan"));
        Assert.Empty(Files());
        Assert.Equal(["out", "tiny.gguf"], Directory.GetFileSystemEntries(_folder.FullPath).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_full_disk_is_no_defect_and_leaves_nothing()
    {
        var model = new RandomLlama().Write(_folder);
        using var full = new FullDisk();
        using var errors = new StringWriter();
        Assert.Equal(1, Compiler.Cli.Verbs.Run(["pack", model, "-o", Out("x.mpk"), "--json"], full, errors, TestContext.Current.CancellationToken));
        Assert.Contains(": error MP3005: a file cannot be written or read: No space left", errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Files(), f => f!.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Model_pack_and_plan_are_three_files()
    {
        var model = new RandomLlama().Write(_folder);
        var bytes = File.ReadAllBytes(model);
        Modelpack.Refused("MP3004", model, "pack", model, "-o", model);
        Modelpack.Refused("MP3004", model, "pack", model, "-o", Out("x"), "--plan", Out("./x"));
        Assert.Equal(bytes, File.ReadAllBytes(model));
        Assert.Empty(Files());
    }

    private string Out(string name) => Path.Combine(_out, name);

    private string?[] Files() => [.. Directory.GetFiles(_out).Select(Path.GetFileName).Order()];

    private sealed class FullDisk : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException("No space left on device");
    }
}
