using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

/// <summary>Model files that are sound containers, but no models that can be compiled: one message that says what and where.</summary>
public sealed class LlamaFileErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_model_that_the_others_are_made_from_is_sound() => Inspect(new());

    [Fact]
    public void An_unknown_architecture_lists_the_known_ones() =>
        Refuses("MP2101", new() { Metadata = { ["general.architecture"] = "mam\u001bba" } }, ["'mam?ba'", "general.architecture", .. ArchitectureTable.All.Select(a => a.Id)]);

    [Fact]
    public void A_missing_architecture_is_named() => Refuses("MP2011", new() { Metadata = { ["general.architecture"] = null } }, "general.architecture");

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("blk.0.attn_norm.weight")]
    [InlineData("blk.1.ffn_down.weight")]
    [InlineData("output_norm.weight")]
    public void A_missing_tensor_is_named(string name)
    {
        Refuses("MP2102", new() { Tensors = { [name] = null } }, $"'{name}'", "missing");
        Refuses("MP2102", new() { Tensors = { [name] = null }, Metadata = { ["llama.vocab_size"] = null } }, $"'{name}'", "missing");
    }

    [Theory]
    [InlineData("blk.0.attn_q.weight", new long[] { 32, 64 }, "[32, 64]", "[64, 64]")]
    [InlineData("blk.1.ffn_down.weight", new long[] { 96, 64 }, "[96, 64]", "[64, 96]")]
    [InlineData("blk.1.ffn_norm.weight", new long[] { 63 }, "[63]", "[64]")]
    [InlineData("output_norm.weight", new long[] { 2, 32 }, "[2, 32]", "[64]")]
    [InlineData("output.weight", new long[] { 41, 64 }, "[41, 64]", "[40, 64]")]
    [InlineData("token_embd.weight", new long[] { 40, 32 }, "[40, 32]", "[40, 64]")]
    [InlineData("token_embd.weight", new long[] { 2560 }, "[2560]", "[40, 64]")]
    [InlineData("rope_freqs.weight", new long[] { 7 }, "[7]", "[8]")]
    public void A_tensor_of_another_shape_is_named_with_both_shapes(string name, long[] shape, string found, string expected) =>
        Refuses("MP2103", new() { Tensors = { [name] = shape } }, $"'{name}'", found, expected);

    [Fact]
    public void A_vocabulary_size_that_contradicts_the_embedding_is_refused() =>
        Refuses("MP2104", new() { Metadata = { ["llama.vocab_size"] = 41 } }, "llama.vocab_size", "41", "40 rows");

    [Fact]
    public void A_tokenizer_of_another_size_than_the_embedding_is_refused() =>
        Refuses("MP2104", new() { Metadata = { ["tokenizer.ggml.tokens"] = new[] { "a", "b", "c" } } }, "3 tokens", "40 rows");

    [Theory]
    [InlineData("llama.attention.head_count", 0, "1 to 4096")]
    [InlineData("llama.attention.head_count", -4, "-4")]
    [InlineData("llama.attention.head_count", 5, "5 attention heads", "2 key-value heads")]
    [InlineData("llama.attention.head_count", 6, "64", "not a multiple", "6")]
    [InlineData("llama.attention.head_count_kv", 3, "4 attention heads", "3 key-value heads")]
    [InlineData("llama.attention.head_count_kv", 0, "1 to 4096")]
    [InlineData("llama.block_count", 0, "1 to 1024")]
    [InlineData("llama.block_count", int.MaxValue, "1 to 1024")]
    [InlineData("llama.embedding_length", 0, "1 to")]
    [InlineData("llama.embedding_length", long.MaxValue, "9223372036854775807")]
    [InlineData("llama.feed_forward_length", -1, "1 to")]
    [InlineData("llama.context_length", 0, "1 to")]
    [InlineData("llama.context_length", long.MaxValue, "1 to")]
    [InlineData("llama.rope.dimension_count", 15, "even", "15")]
    [InlineData("llama.rope.dimension_count", 18, "up to the head's 16")]
    [InlineData("llama.rope.dimension_count", 0, "2 to")]
    [InlineData("llama.attention.key_length", 1 << 20, "1 to 4096")]
    [InlineData("llama.attention.value_length", 0, "1 to 4096")]
    [InlineData("llama.rope.freq_base", 0f, "0")]
    [InlineData("llama.rope.freq_base", float.NaN, "NaN")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", -1f, "-1")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", float.PositiveInfinity, "0 to 1")]
    public void A_hyper_parameter_out_of_range_is_named(string key, object value, params string[] parts) =>
        Refuses("MP2105", new() { Metadata = { [key] = value } }, [key.Split('.')[^1] is "head_count_kv" or "head_count" ? "head_count" : key, .. parts]);

    [Fact]
    public void Heads_that_are_too_long_are_refused_without_a_key_for_them() =>
        Refuses("MP2105", new() { Metadata = { ["llama.embedding_length"] = 1 << 17, ["llama.attention.head_count"] = 2 } }, "llama.embedding_length", "65536", "4096");

    [Theory]
    [InlineData("llama.attention.head_count", "MP2011")]
    [InlineData("llama.context_length", "MP2011")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", "MP2011")]
    public void A_missing_hyper_parameter_is_named(string key, string code) => Refuses(code, new() { Metadata = { [key] = null } }, key);

    [Fact]
    public void A_hyper_parameter_of_another_type_is_named() =>
        Refuses("MP2012", new() { Metadata = { ["llama.block_count"] = "two" } }, "llama.block_count");

    [Theory]
    [InlineData("llama.expert_count", "mixture of experts")]
    [InlineData("llama.attention.sliding_window", "sliding-window attention")]
    public void A_variant_that_is_not_compiled_yet_is_refused(string key, string what) =>
        Refuses("MP2106", new() { Metadata = { [key] = 8 } }, key, what);

    [Theory]
    [InlineData("llama.expert_count")]
    [InlineData("llama.attention.sliding_window")]
    public void A_variant_that_is_switched_off_is_compiled(string key) => Inspect(new() { Metadata = { [key] = 0 } });

    [Fact]
    public void Tensors_that_nobody_asked_for_are_refused_and_listed() =>
        Refuses("MP2106", new() { Tensors = { ["blk.0.attn_q_norm.weight"] = [16], ["blk.0.post_attention_norm.weight"] = [64] } }, "2 tensors", "blk.0.attn_q_norm.weight", "blk.0.post_attention_norm.weight");

    [Fact]
    public void An_unknown_rope_scaling_lists_the_known_ones() =>
        Refuses("MP2106", new() { Metadata = { ["llama.rope.scaling.type"] = "longrope" } }, "llama.rope.scaling.type", "'longrope'", "none, linear, llama3, yarn");

    [Fact]
    public void Two_rope_scalings_at_once_are_refused() => Refuses(
        "MP2106", new() { Tensors = { ["rope_freqs.weight"] = [8] }, Edit = Divisors(1), Metadata = { ["llama.rope.scaling.type"] = "linear", ["llama.rope.scaling.factor"] = 4f } }, "linear", "rope_freqs.weight");

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(1e-30f)]
    public void A_rope_divisor_that_makes_no_frequency_is_refused(float divisor) =>
        Refuses("MP2105", new() { Tensors = { ["rope_freqs.weight"] = [8] }, Edit = Divisors(divisor) }, "element 0", "rope_freqs.weight", "at byte");

    [Fact]
    public void A_scaling_without_its_factor_names_the_key() =>
        Refuses("MP2011", new() { Metadata = { ["llama.rope.scaling.type"] = "yarn" } }, "llama.rope.scale");

    [Fact]
    public void Llama3_bounds_in_the_wrong_order_are_refused() => Refuses(
        "MP2105",
        new() { Metadata = { ["llama.rope.scaling.type"] = "llama3", ["llama.rope.scaling.factor"] = 8f, ["llama.rope.scaling.low_freq_factor"] = 4f, ["llama.rope.scaling.high_freq_factor"] = 4f } },
        "high_freq_factor",
        "low_freq_factor");

    [Fact]
    public void A_tensor_beyond_an_array_is_refused() // MP3001, from a header alone: nobody has the gigabytes at hand.
    {
        var e = Assert.Throws<ModelPackException>(() => ResidentEncoder.Encode(new HugeTensor(), 1 << 20, 1 << 18));
        Assert.Equal("MP3001", e.Code);
        Assert.Contains("'huge'", e.Text, StringComparison.Ordinal);
    }

    private static Action<string, float[]> Divisors(float value) => (name, values) =>
    {
        if (name == "rope_freqs.weight")
        {
            Array.Fill(values, value);
        }
    };

    private void Refuses(string code, RandomLlama model, params string[] parts)
    {
        var e = Assert.Throws<ModelPackException>(() => Inspect(model));
        Assert.True(e.Code == code, e.Message);
        Assert.All(parts, part => Assert.Contains(part, e.Text, StringComparison.Ordinal));
    }

    private void Inspect(RandomLlama model)
    {
        using var source = ModelSource.Open(model.Write(_folder));
        ModelCompiler.Inspect(source, new("Tiny", "", null));
    }

    private sealed class HugeTensor : SourceTensor
    {
        public override string Name => "huge";

        public override IReadOnlyList<long> Shape => [1 << 20, 1 << 18];

        public override TensorEncoding Encoding { get; } = EncodingTable.All.First(e => e.Name == "F32");

        public override long ByteOffset => 0;

        public override long ByteLength => 1L << 40;

        public override ReadOnlySpan<byte> RowBytes(long row) => throw new InvalidOperationException("Nothing is read of a tensor that is refused.");
    }
}
