using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>llama.cpp's own test vocabularies with their inputs and outputs.</summary>
public class LlamaCppVocabularyTests
{
    [Theory]
    [InlineData("gpt-2")]
    [InlineData("deepseek-coder")]
    [InlineData("llama-spm")]
    [InlineData("phi-3")]
    public void Ids_equal_the_outputs(string name) => Check(BuiltTokenizer.Shared($"tokenizers/ggml-vocab-{name}.gguf"), name);

    [Fact]
    public void Ids_equal_the_outputs_for_qwen2_built_from_its_vocabulary_and_merges() => Check(Qwen2(), "qwen2");

    internal static Tokenizer Qwen2()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("tokenizers/vocab.json")));
        var tokens = json.RootElement.EnumerateObject().OrderBy(p => p.Value.GetInt32()).Select(p => Encoding.UTF8.GetBytes(p.Name)).ToArray();
        var merges = File.ReadAllLines(SharedData.Path("tokenizers/merges.txt")).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal));
        return BuiltTokenizer.Open(TokenizerTableBuilder.Build(new TokenizerSource
        {
            Model = TokenizerLayout.Model.ByteLevelBpe,
            PreTokenizer = PreTokenizerKind.Qwen2,
            Tokens = tokens,
            Merges = [.. merges.Select(Encoding.UTF8.GetBytes)],
            Nfc = true,
        }));
    }

    private static void Check(Tokenizer tokenizer, string name)
    {
        var texts = File.ReadAllText(SharedData.Path($"tokenizers/ggml-vocab-{name}.gguf.inp")).Split("\n__ggml_vocab_test__\n");
        var outputs = File.ReadAllLines(SharedData.Path($"tokenizers/ggml-vocab-{name}.gguf.out"));
        texts = texts[^1].Length == 0 ? texts[..^1] : texts;
        Assert.Equal(outputs.Length, texts.Length);
        Assert.True(texts.Length > 40);
        for (var i = 0; i < texts.Length; i++)
        {
            var expected = outputs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(expected, tokenizer.Encode(texts[i], addSpecial: false, parseSpecial: false));
            Assert.Equal(texts[i], tokenizer.Decode(expected));
        }
    }
}
