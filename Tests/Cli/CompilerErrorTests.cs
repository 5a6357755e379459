using System.Buffers.Binary;
using System.Text;
using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Cli;

/// <summary>What the compiler's own command line says of models and arguments that it cannot use: one line that MSBuild understands, nothing left behind.</summary>
public sealed class CompilerErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _model = File.ReadAllBytes(Repository.Path("Tests", "Fixtures", "stories260K.gguf"));

    [Fact]
    public void MP2101_an_unknown_architecture_is_named_and_the_known_ones_are_listed()
    {
        // Behind the key: type u32, length u64.
        "mamba"u8.CopyTo(_model.AsSpan(After("general.architecture") + 12));
        AssertError("MP2101", "'mamba'", "llama");
    }

    [Fact]
    public void MP2102_a_missing_tensor_is_named()
    {
        _model[After("blk.0.attn_q.weigh") - 8] = (byte)'x';
        AssertError("MP2102", "blk.0.attn_q.weight");
    }

    [Fact]
    public void MP2103_a_tensor_of_another_shape_is_named_with_both_shapes()
    {
        SetInteger("llama.feed_forward_length", 180);
        AssertError("MP2103", "blk.0.ffn_gate.weight", "172", "180");
    }

    [Fact]
    public void MP2104_vocabulary_and_embedding_must_agree()
    {
        SetInteger("llama.vocab_size", 511);
        AssertError("MP2104", "511", "512");
    }

    [Theory]
    [InlineData("llama.attention.head_count", 0u)]
    [InlineData("llama.embedding_length", uint.MaxValue)]
    [InlineData("llama.block_count", 1_000_000u)]
    public void MP2105_hyper_parameters_out_of_range_are_named(string key, uint value)
    {
        SetInteger(key, value);
        AssertError("MP2105", key);
    }

    [Fact]
    public void MP2106_tensors_that_the_architecture_has_no_place_for_are_not_ignored()
    {
        SetInteger("llama.block_count", 4);
        AssertError("MP2106", "blk.4.");
    }

    [Fact]
    public void MP3001_a_tensor_beyond_one_array_is_refused_before_memory_is_asked_for()
    {
        using var source = ModelSource.Open(Write());
        var error = Assert.Throws<ModelPackException>(() => ResidentEncoder.Encode(source.Tensors[0], 1 << 28, 64));
        Assert.Equal("MP3001", error.Code);
        Assert.Contains(source.Tensors[0].Name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Excellent", "is not a quality")]
    [InlineData("0", "is not a quality")]
    public void MP3002_a_quality_that_is_none_is_refused(string quality, string says) => AssertError("MP3002", ["--quality", quality], says);

    [Fact]
    public void MP3003_a_context_beyond_the_models_own_is_refused() => AssertError("MP3003", ["--context-length", "513"], "1 to 512");

    [Theory]
    [InlineData("pack")]
    [InlineData("compress", "a.gguf")]
    [InlineData("pack", "a.gguf", "--no-such-option")]
    [InlineData("pack", "a.gguf", "b.gguf")]
    [InlineData("pack", "a.gguf", "--threads")]
    public void MP3004_a_command_line_that_makes_no_sense_is_one_error_line(params string[] arguments)
    {
        var (exit, line) = Run(arguments);
        Assert.Equal(1, exit);
        Assert.Matches("^[^\n]+ : error MP3004: [^\n]+\n$", line);
    }

    [Fact]
    public void MP3005_an_output_that_cannot_be_written_is_named()
    {
        // A file where a folder would have to be.
        var (exit, line) = Run("pack", Write(), "-o", _folder["model.gguf/out.mpk"]);
        Assert.Equal(1, exit);
        Assert.Contains("error MP3005", line, StringComparison.Ordinal);
    }

    [Fact]
    public void MP3006_a_pack_without_its_plan_is_not_run()
    {
        var (packed, _) = Run("pack", Write(), "-o", _folder["out.mpk"]);
        Assert.Equal(0, packed);
        Assert.Contains("error MP3006", RunWithPlan(null), StringComparison.Ordinal);
        Assert.Contains("error MP3006", RunWithPlan("modelpack-plan 1\nnonsense\n"), StringComparison.Ordinal);

        string RunWithPlan(string? plan)
        {
            File.Delete(_folder["out.plan"]);
            if (plan is not null)
            {
                File.WriteAllText(_folder["out.plan"], plan);
            }

            return Run("run", _folder["out.mpk"], "--ids", "1").Errors;
        }
    }

    [Fact]
    public void MP3008_too_little_memory_is_said_as_such()
    {
        var (exit, line) = RunWith(new BrokenWriter(new OutOfMemoryException()), "inspect", Write());
        Assert.Equal(1, exit);
        Assert.Matches("^[^\n]+ : error MP3008: [^\n]+memory[^\n]+\n$", line);
    }

    [Fact]
    public void MP9001_a_defect_is_reported_as_one_and_never_as_a_crash()
    {
        var (exit, line) = RunWith(new BrokenWriter(new InvalidOperationException("a broken writer")), "inspect", Write());
        Assert.Equal(1, exit);
        Assert.Matches("^[^\n]+ : error MP9001: a defect in ModelPack [^\n]*a broken writer[^\n]*\n$", line);
    }

    public void Dispose() => _folder.Dispose();

    private void AssertError(string code, params string[] says) => AssertError(code, [], says);

    /// <summary>Packing ends with one line in MSBuild's form that has the code and everything in <paramref name="says"/>, and leaves no output.</summary>
    private void AssertError(string code, string[] arguments, params string[] says)
    {
        var (exit, line) = Run(["pack", Write(), "-o", _folder["out.mpk"], "--plan", _folder["out.plan"], .. arguments]);
        Assert.Equal(1, exit);
        Assert.Matches($"^[^\n]+model.gguf : error {code}: [^\n]+\n$", line);
        Assert.All(says, text => Assert.Contains(text, line, StringComparison.Ordinal));
        Assert.Equal(["model.gguf"], Directory.GetFiles(_folder.FullPath).Select(Path.GetFileName));
    }

    private static (int Exit, string Errors) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        return RunWith(output, arguments);
    }

    private static (int Exit, string Errors) RunWith(StringWriter output, params string[] arguments)
    {
        using var errors = new StringWriter { NewLine = "\n" };
        return (Verbs.Run(arguments, output, errors, CancellationToken.None), errors.ToString());
    }

    private string Write()
    {
        var path = _folder["model.gguf"];
        File.WriteAllBytes(path, _model);
        return path;
    }

    private int After(string text)
    {
        var at = _model.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));
        Assert.True(at >= 0, $"the fixture has no '{text}'");
        return at + text.Length;
    }

    /// <summary>Behind a key come its type, u32, and the value.</summary>
    private void SetInteger(string key, uint value)
    {
        var at = After(key);
        Assert.Equal(4u, BinaryPrimitives.ReadUInt32LittleEndian(_model.AsSpan(at)));
        BinaryPrimitives.WriteUInt32LittleEndian(_model.AsSpan(at + 4), value);
    }

    private sealed class BrokenWriter(Exception exception) : StringWriter
    {
        public override void WriteLine(string? value) => throw exception;

        public override void Write(char[] buffer, int index, int count) => throw exception;
    }
}
