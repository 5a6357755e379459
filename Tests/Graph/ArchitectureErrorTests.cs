using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;

namespace ModelPack.Tests.Graph;

/// <summary>Architectures and features that are not compiled, and the pages that list the codes (LlamaFileErrorTests has the damaged files).</summary>
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
    public void Neutral_values_of_those_features_are_accepted()
    {
        using var source = new TinyLlama().Key("llama.expert_count", 0u).Key("llama.logit_scale", 1f).Key("llama.attention.clamp_kqv", 0f).Open();
        Assert.NotNull(ModelCompiler.Inspect(source, new("Tiny", "", null)));
    }
}
