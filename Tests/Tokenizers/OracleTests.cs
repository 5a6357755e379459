using System.Text;
using Microsoft.ML.Tokenizers;
using ModelPack.Compiler.Import;

namespace ModelPack.Tests.Tokenizers;

/// <summary>Whole texts against Microsoft.ML.Tokenizers.</summary>
public class OracleTests
{
    [Theory]
    [InlineData("text/wikitext-2.test.txt")]
    [InlineData("text/tinyshakespeare.txt")]
    public void GPT2_ids_of_a_whole_book_equal_those_of_another_implementation(string textFile)
    {
        using var file = ContainerTable.Open(SharedData.Path("tokenizers/ggml-vocab-gpt-2.gguf"), ImportLimits.Default);
        var oracle = BpeTokenizer.Create(new BpeOptions(file.Metadata.GetStringArray("tokenizer.ggml.tokens").Select((token, id) => KeyValuePair.Create(Encoding.UTF8.GetString(token), id)))
        {
            Merges = [.. file.Metadata.GetStringArray("tokenizer.ggml.merges").Select(Encoding.UTF8.GetString)],
            ByteLevel = true,
            PreTokenizer = RobertaPreTokenizer.Instance,
        });
        var text = File.ReadAllText(SharedData.Path(textFile));
        var expected = oracle.EncodeToIds(text);
        Assert.Equal(expected, BuiltTokenizer.Shared("tokenizers/ggml-vocab-gpt-2.gguf").Encode(text, addSpecial: false, parseSpecial: false));
    }
}
