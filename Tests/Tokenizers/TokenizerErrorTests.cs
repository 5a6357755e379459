using System.Text;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Every MP22xx error, from metadata and from sources.</summary>
public class TokenizerErrorTests
{
    private static readonly TokenizerSource s_bpe = BuiltTokenizer.Small(PreTokenizerKind.Gpt2, ["a b", "ab c"], "<s>");

    [Fact]
    public void Metadata_without_a_tokenizer_or_with_an_unknown_kind_is_refused()
    {
        Assert.Contains("tokenizer.ggml.model", Error("MP2201", () => GgufTokenizer.Read(new FakeMetadata())), StringComparison.Ordinal);
        var message = Error("MP2201", () => GgufTokenizer.Read(new FakeMetadata { ["tokenizer.ggml.model"] = "bert" }));
        Assert.Contains("'bert'", message, StringComparison.Ordinal);
        Assert.Contains("'gpt2'", message, StringComparison.Ordinal);
        Assert.Contains("'llama'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_pre_tokenizer_is_refused_with_those_that_are_known()
    {
        var message = Error("MP2202", () => GgufTokenizer.Read(Bpe("no-such")));
        Assert.Contains("'no-such'", message, StringComparison.Ordinal);
        foreach (var known in new[] { "gpt-2", "smollm", "llama-bpe", "qwen2", "deepseek-coder", "default" })
        {
            Assert.Contains(known, message, StringComparison.Ordinal);
            Assert.NotEqual(PreTokenizerKind.None, GgufTokenizer.Read(Bpe(known)).PreTokenizer);
        }
    }

    [Theory]
    [InlineData("tokenizer.ggml.tokens")]
    [InlineData("tokenizer.ggml.merges")]
    public void Missing_arrays_are_refused(string key)
    {
        var metadata = Bpe("gpt-2");
        metadata.Remove(key);
        Assert.Contains(key, Error("MP2203", () => GgufTokenizer.Read(metadata)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_SentencePiece_vocabulary_without_scores_is_refused()
    {
        var metadata = new FakeMetadata { ["tokenizer.ggml.model"] = "llama", ["tokenizer.ggml.tokens"] = new[] { "a"u8.ToArray() } };
        Error("MP2203", () => GgufTokenizer.Read(metadata));
        Error("MP2203", () => TokenizerTableBuilder.Build(new TokenizerSource { Model = TokenizerLayout.Model.SentencePiece, Tokens = ["a"u8.ToArray()] }));
    }

    [Fact]
    public void Empty_and_unequal_arrays_are_refused()
    {
        Error("MP2203", () => TokenizerTableBuilder.Build(s_bpe with { Tokens = [], Types = null, Merges = [] }));
        Error("MP2203", () => TokenizerTableBuilder.Build(s_bpe with { Types = [1, 1] }));
        Error("MP2203", () => TokenizerTableBuilder.Build(s_bpe with { Scores = [1] }));
        Error("MP2203", () => TokenizerTableBuilder.Build(s_bpe with { Tokens = new HugeList(TokenizerLayout.MaxTokens + 1), Types = null }));
    }

    [Theory]
    [InlineData("a z9")]
    [InlineData("zz b")]
    [InlineData("b c")]
    [InlineData("ab")]
    [InlineData("a ")]
    [InlineData("")]
    public void Merges_of_texts_that_are_no_tokens_are_refused(string merge)
    {
        Assert.Contains("Merge 0", Error("MP2204", () => TokenizerTableBuilder.Build(s_bpe with { Merges = [Encoding.UTF8.GetBytes(merge)] })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bos_token_id")]
    [InlineData("eos_token_id")]
    [InlineData("eot_token_id")]
    [InlineData("unknown_token_id")]
    [InlineData("padding_token_id")]
    public void Special_ids_outside_the_vocabulary_are_refused(string key)
    {
        foreach (var id in new[] { 5L, 1L << 40, -7 })
        {
            var metadata = Bpe("gpt-2");
            metadata["tokenizer.ggml." + key] = id;
            Assert.Contains(key, Error("MP2205", () => GgufTokenizer.Read(metadata)), StringComparison.Ordinal);
        }

        Error("MP2205", () => TokenizerTableBuilder.Build(s_bpe with { Bos = 100_000 }));
        Error("MP2205", () => TokenizerTableBuilder.Build(s_bpe with { EndOfGeneration = [-2] }));
    }

    [Theory]
    [InlineData("add_bos_token", "bos_token_id")]
    [InlineData("add_eos_token", "eos_token_id")]
    public void A_token_to_be_added_that_the_file_does_not_name_is_refused(string flag, string key)
    {
        var metadata = Bpe("gpt-2");
        metadata["tokenizer.ggml." + flag] = true;
        Assert.Contains(key, Error("MP2205", () => GgufTokenizer.Read(metadata)), StringComparison.Ordinal);
    }

    [Fact]
    public void Impossible_tokens_are_refused()
    {
        Error("MP2206", () => TokenizerTableBuilder.Build(s_bpe with { Types = [.. s_bpe.Types!.Select((_, id) => id == 3 ? 9 : 1)] }));
        Error("MP2206", () => TokenizerTableBuilder.Build(s_bpe with { Types = [.. s_bpe.Types!.Select((_, id) => id == 3 ? -1 : 1)] }));
        Error("MP2206", () => TokenizerTableBuilder.Build(s_bpe with { Tokens = [.. s_bpe.Tokens.SkipLast(1), new byte[70_000]], Types = null }));
        Error("MP2206", () => TokenizerTableBuilder.Build(s_bpe with { Tokens = [.. s_bpe.Tokens.SkipLast(1), new byte[600]] }));
        var spm = new TokenizerSource { Model = TokenizerLayout.Model.SentencePiece, Tokens = ["a"u8.ToArray(), "<0xZZ>"u8.ToArray()], Scores = [0, 0] };
        Error("MP2206", () => TokenizerTableBuilder.Build(spm with { Types = [1, 6] }));
        Error("MP2206", () => TokenizerTableBuilder.Build(spm with { Scores = [float.NaN, 0] }));
    }

    [Fact]
    public void Duplicate_and_empty_tokens_do_no_harm()
    {
        var source = s_bpe with { Tokens = [.. s_bpe.Tokens, "a"u8.ToArray(), [], []], Types = null };
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(source));
        Assert.Equal([257], tokenizer.Encode("abc"));
        Assert.Equal("a", tokenizer.Decode([source.Tokens.Count - 3, source.Tokens.Count - 1]));
    }

    [Fact]
    public void The_same_source_gives_the_same_bytes() => Assert.Equal(TokenizerTableBuilder.Build(s_bpe), TokenizerTableBuilder.Build(s_bpe));

    private static FakeMetadata Bpe(string pre) => new()
    {
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.pre"] = pre,
        ["tokenizer.ggml.tokens"] = new[] { "a"u8.ToArray(), "b"u8.ToArray(), "ab"u8.ToArray() },
        ["tokenizer.ggml.merges"] = new[] { "a b"u8.ToArray() },
    };

    private static string Error(string code, Action action)
    {
        var error = Assert.Throws<ModelPackException>(action);
        Assert.Equal(code, error.Code);
        return error.Text;
    }

    /// <summary>A list that only claims to be long.</summary>
    private sealed class HugeList(int count) : IReadOnlyList<byte[]>
    {
        public int Count => count;

        public byte[] this[int index] => [];

        public IEnumerator<byte[]> GetEnumerator() => Enumerable.Empty<byte[]>().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class FakeMetadata : ModelMetadata
    {
        private readonly Dictionary<string, object> _values = [];

        public override IEnumerable<string> Keys => _values.Keys;

        public object this[string key]
        {
            set => _values[key] = value;
        }

        public void Remove(string key) => Assert.True(_values.Remove(key));

        public override bool Contains(string key) => _values.ContainsKey(key);

        public override string GetString(string key) => (string)_values[key];

        public override long GetInteger(string key) => (long)_values[key];

        public override double GetFloat(string key) => (double)_values[key];

        public override bool GetBoolean(string key) => (bool)_values[key];

        public override IReadOnlyList<byte[]> GetStringArray(string key) => (byte[][])_values[key];

        public override long[] GetIntegerArray(string key) => (long[])_values[key];

        public override float[] GetFloatArray(string key) => (float[])_values[key];

        public override string Describe(string key) => _values[key].ToString()!;
    }
}
