using System.Reflection;
using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

/// <summary>Each way in which a well-formed file can fail to be the model that it claims to be.</summary>
public sealed class ArchitectureErrorTests
{
    [Fact]
    public void An_unknown_architecture_names_the_known_ones()
    {
        var error = new TinyLlama().Key("general.architecture", "mamba\n2").Refused();
        Assert.Equal("MP2101", error.Code);
        Assert.Contains("'mamba?2'", error.Message);
        Assert.All(ArchitectureTable.All, a => Assert.Contains(a.Id, error.Message));
    }

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.block_count")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.feed_forward_length")]
    [InlineData("llama.attention.head_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon")]
    [InlineData("llama.context_length")]
    public void A_missing_key_is_named(string key)
    {
        var error = new TinyLlama().Without(key).Refused();
        Assert.Equal("MP2011", error.Code);
        Assert.Contains($"'{key}'", error.Message);
    }

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("output_norm.weight")]
    [InlineData("blk.1.attn_k.weight")]
    [InlineData("blk.0.ffn_down.weight")]
    public void A_missing_tensor_is_named(string tensor)
    {
        // Without the embedding the vocabulary's size must come from its key.
        var error = new TinyLlama().Key("llama.vocab_size", (uint)TinyLlama.Vocabulary).Without(tensor).Refused();
        Assert.Equal("MP2102", error.Code);
        Assert.Contains($"'{tensor}'", error.Message);
    }

    [Theory]
    [InlineData("blk.0.attn_q.weight", 12, 11)]
    [InlineData("blk.1.ffn_up.weight", 12, 20)]
    [InlineData("blk.0.attn_norm.weight", 1, 12)]
    public void A_tensor_of_another_shape_is_named_with_both_shapes(string tensor, int rows, int columns)
    {
        var error = new TinyLlama().Random(tensor, rows, columns).Refused();
        Assert.Equal("MP2103", error.Code);
        Assert.Contains($"'{tensor}'", error.Message);
        Assert.Contains($"[{rows}, {columns}]", error.Message);
    }

    [Fact]
    public void Frequency_factors_of_another_length_are_a_shape_mismatch() =>
        Assert.Equal("MP2103", new TinyLlama().Tensor("rope_freqs.weight", [3], 1, 1, 1).Refused().Code);

    [Fact]
    public void An_embedding_with_another_number_of_rows_than_tokens_is_refused()
    {
        var error = new TinyLlama().Random("token_embd.weight", 8, TinyLlama.Hidden).Refused();
        Assert.Equal("MP2104", error.Code);
        Assert.Contains("7 tokens", error.Message);
        Assert.Contains("8 rows", error.Message);
        Assert.Equal("MP2104", new TinyLlama().Key("llama.vocab_size", 9u).Refused().Code);
    }

    [Theory]
    [InlineData("llama.attention.head_count_kv", 2u, "3 attention heads cannot share 2")]
    [InlineData("llama.attention.head_count", 5u, "not a multiple")]
    [InlineData("llama.attention.head_count", 0u, "expected 1 to")]
    [InlineData("llama.rope.dimension_count", 6u, "even number up to")]
    [InlineData("llama.rope.dimension_count", 3u, "even number up to")]
    [InlineData("llama.block_count", 4000000000u, "expected 1 to")]
    [InlineData("llama.embedding_length", 0u, "expected 1 to")]
    [InlineData("llama.context_length", 0u, "expected 1 to")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", float.NaN, "is NaN")]
    [InlineData("llama.attention.layer_norm_rms_epsilon", 0f, "is 0")]
    [InlineData("llama.rope.freq_base", float.PositiveInfinity, "llama.rope.freq_base")]
    [InlineData("llama.rope.freq_base", 0f, "llama.rope.freq_base")]
    public void A_hyper_parameter_out_of_range_is_named(string key, object value, string part)
    {
        var error = new TinyLlama().Key(key, value).Refused();
        Assert.Equal("MP2105", error.Code);
        Assert.Contains(part, error.Message);
        Assert.Contains(key, error.Message);
    }

    [Fact]
    public void Frequency_factors_must_be_positive_numbers()
    {
        Assert.Equal("MP2105", new TinyLlama().Tensor("rope_freqs.weight", [2], 1, 0).Refused().Code);
        Assert.Equal("MP2105", new TinyLlama().Tensor("rope_freqs.weight", [2], 1, float.NaN).Refused().Code);
    }

    [Theory]
    [InlineData("llama.expert_count", 8u)]
    [InlineData("llama.attention.sliding_window", 4096u)]
    [InlineData("llama.logit_scale", 0.0625f)]
    [InlineData("llama.attention.clamp_kqv", 8f)]
    [InlineData("llama.rope.scaling.type", "longrope")]
    public void A_feature_that_would_change_the_result_is_refused(string key, object value)
    {
        var error = new TinyLlama().Key(key, value).Refused();
        Assert.Equal("MP2106", error.Code);
        Assert.Contains(key, error.Message);
    }

    [Fact]
    public void Tensors_that_nobody_asks_for_are_refused_because_they_would_have_changed_the_result()
    {
        var error = new TinyLlama().Random("blk.0.attn_q_norm.weight", 4).Random("blk.1.attn_q_norm.weight", 4).Refused();
        Assert.Equal("MP2106", error.Code);
        Assert.Contains("2 tensors", error.Message);
        Assert.Contains("blk.0.attn_q_norm.weight", error.Message);
    }

    [Fact]
    public void Neutral_values_of_those_features_are_accepted()
    {
        using var source = new TinyLlama().Key("llama.expert_count", 0u).Key("llama.logit_scale", 1f).Key("llama.attention.clamp_kqv", 0f).Open();
        Assert.NotNull(ModelCompiler.Inspect(source, new("Tiny", "", null)));
    }

    [Theory]
    [InlineData("MP21", "architectures.md")]
    [InlineData("MP30", "plan.md")]
    public void Every_code_has_a_row_in_the_docs_and_every_row_a_code(string area, string page)
    {
        var codes = typeof(CompilerCodes).GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(f => (string)f.GetRawConstantValue()!).Where(c => c.StartsWith(area, StringComparison.Ordinal)).Order().ToArray();
        var rows = File.ReadLines(Repository.Path("docs", "diagnostics", page))
            .Where(l => l.StartsWith("| " + area, StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).Order().ToArray();
        Assert.NotEmpty(codes);
        Assert.Equal(codes, rows);
    }
}
