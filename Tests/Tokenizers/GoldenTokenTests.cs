using System.Text.Json;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Ids and texts equal to what reference implementations gave for real models.</summary>
public class GoldenTokenTests
{
    private const string SmolLm2 = "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
    private const string Stories = "models/stories260K/stories260K.gguf";

    [Fact]
    public void SmolLM2_ids_equal_the_golden_ones_on_all_texts()
    {
        var tokenizer = BuiltTokenizer.Shared(SmolLm2);
        var cases = Cases("golden/smollm2-tokens.json");
        Assert.Equal(49, cases.Count);
        foreach (var (text, ids) in cases)
        {
            Assert.Equal(ids, tokenizer.Encode(text, addSpecial: false));
            Assert.Equal(text, tokenizer.Decode(ids, special: true));
        }
    }

    [Fact]
    public void SmolLM2_prompts_and_chats_and_their_continuations_equal_the_golden_ones()
    {
        var tokenizer = BuiltTokenizer.Shared(SmolLm2);
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("golden/smollm2.json")));
        foreach (var item in json.RootElement.EnumerateArray())
        {
            Assert.Equal(Ids(item.GetProperty("ids")), tokenizer.Encode(item.GetProperty("text").GetString()!));
            Assert.Equal(item.GetProperty("greedy_text").GetString(), tokenizer.Decode(Ids(item.GetProperty("greedy")), special: true));
        }

        Assert.Equal(7, json.RootElement.GetArrayLength());
    }

    [Fact]
    public void Stories260K_prompts_and_continuations_equal_the_golden_ones()
    {
        var tokenizer = BuiltTokenizer.Shared(Stories);
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("golden/stories260k.json")));
        foreach (var item in json.RootElement.EnumerateArray())
        {
            Assert.Equal(Ids(item.GetProperty("ids")), tokenizer.Encode(item.GetProperty("text").GetString()!));
            Assert.Equal(item.GetProperty("greedy_text").GetString(), tokenizer.Decode(Ids(item.GetProperty("greedy")), special: true));
        }

        Assert.Equal(3, json.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("llama", PreTokenizerKind.SmolLm, false)]
    [InlineData("gpt2", PreTokenizerKind.Gpt2, false)]
    [InlineData("gptneox", PreTokenizerKind.Gpt2, false)]
    [InlineData("stablelm", PreTokenizerKind.Gpt2, false)]
    [InlineData("granite", PreTokenizerKind.Gpt2, false)]
    [InlineData("llama3", PreTokenizerKind.Llama3, false)]
    [InlineData("smollm3", PreTokenizerKind.Llama3, false)]
    [InlineData("olmo2", PreTokenizerKind.Llama3, false)]
    [InlineData("qwen2", PreTokenizerKind.Qwen2, true)]
    [InlineData("qwen3", PreTokenizerKind.Qwen2, true)]
    internal void Tiny_models_ids_and_decodings_equal_those_of_Hugging_Face(string model, PreTokenizerKind kind, bool nfc)
    {
        var source = BuiltTokenizer.FromJson(SharedData.Path($"models/tiny/{model}/tokenizer.json"), kind, nfc);
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(source));
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path($"models/tiny/{model}/golden.json")));
        var texts = json.RootElement.GetProperty("texts").EnumerateArray().ToArray();
        Assert.Equal(7, texts.Length);
        foreach (var item in texts)
        {
            var ids = Ids(item.GetProperty("ids"));
            Assert.Equal(ids, tokenizer.Encode(item.GetProperty("text").GetString()!, addSpecial: false));
            Assert.Equal(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }
    }

    private static List<(string Text, int[] Ids)> Cases(string relative)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path(relative)));
        return [.. json.RootElement.EnumerateArray().Select(item => (item.GetProperty("text").GetString()!, Ids(item.GetProperty("ids"))))];
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
