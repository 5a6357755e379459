using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Texts that make careless tokenizers take hours. What they take here is not measured; the test run would not end.</summary>
public class HostileTextTests
{
    public static TheoryData<string, string> Texts => new()
    {
        { "one letter", new string('a', 1 << 20) },
        { "one space", new string(' ', 1 << 20) },
        { "spaces and a letter", new string(' ', 1 << 20) + "x" },
        { "line ends", new string('\n', 1 << 20) + "x" },
        { "mixed white space", string.Concat(Enumerable.Repeat(" \n\t\u3000", 1 << 18)) + "x" },
        { "digits", new string('7', 1 << 20) },
        { "signs", new string('<', 1 << 20) },
        { "starts of special tokens", string.Concat(Enumerable.Repeat("<|im_start", 100_000)) },
        { "apostrophes", new string('\'', 1 << 20) },
        { "marks", "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 1 << 18)) },
        { "CJK", string.Concat(Enumerable.Repeat("漢字かな", 1 << 17)) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Long_texts_of_one_kind_are_taken_by_every_tokenizer(string name, string text)
    {
        Assert.NotEmpty(name);
        foreach (var file in new[] { "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf", "tokenizers/ggml-vocab-llama-spm.gguf", "tokenizers/ggml-vocab-deepseek-coder.gguf" })
        {
            var tokenizer = BuiltTokenizer.Shared(file);
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Theory]
    [InlineData(PreTokenizerKind.Llama3)]
    [InlineData(PreTokenizerKind.Qwen2)]
    [InlineData(PreTokenizerKind.Default)]
    [InlineData(PreTokenizerKind.Falcon)]
    [InlineData(PreTokenizerKind.DeepSeekV3)]
    [InlineData(PreTokenizerKind.Gpt4o)]
    [InlineData(PreTokenizerKind.Tekken)]
    internal void Every_pre_tokenizer_takes_them(PreTokenizerKind kind)
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(kind, ["a a", "aa aa", "\u0120 \u0120"])));
        foreach (var row in Texts)
        {
            var text = row.Data.Item2[..(1 << 18)];
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void Texts_far_beyond_any_context_are_refused()
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [])));
        Assert.Equal("MP5201", Assert.Throws<ModelPackException>(() => tokenizer.Encode(new string('a', (1 << 24) + 1))).Code);
    }

    [Fact]
    public void Long_words_merge_as_short_ones_do()
    {
        // The array for short words and the heap for long ones must agree: a word that repeats merges within its parts.
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, ["a a", "aa aa", "b a", "aaaa b"])));
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var word = string.Concat(Enumerable.Range(0, 30).Select(_ => random.Next(4) == 0 ? 'b' : 'a'));
            var alone = tokenizer.Encode(word);

            // "c" takes part in no merge, so it separates.
            Assert.Equal([.. alone, 'c', .. alone], tokenizer.Encode(word + "c" + word));
        }
    }
}
