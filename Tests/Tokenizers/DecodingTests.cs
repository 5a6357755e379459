using System.Text;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

public class DecodingTests
{
    private const string SmolLm2 = "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
    private const string Llama = "tokenizers/ggml-vocab-llama-spm.gguf";

    [Fact]
    public void A_character_is_held_back_until_its_last_byte_has_come()
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [])));
        var decoder = tokenizer.CreateDecoder();
        Assert.Equal(["a", "", "", "", "🦙", "", "é", "b", ""], [.. Encoding.UTF8.GetBytes("a🦙éb").Select(b => decoder.Append(b)), decoder.Flush()]);
    }

    [Fact]
    public void Bytes_that_are_no_text_become_replacement_characters_once_that_is_certain()
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [])));
        var decoder = tokenizer.CreateDecoder();
        Assert.Equal(["", "", "\uFFFDx", "\uFFFD", "", "\uFFFD"], [decoder.Append(0xE2), decoder.Append(0x96), decoder.Append('x'), decoder.Append(0xFF), decoder.Append(0xF0), decoder.Flush()]);
    }

    [Theory]
    [InlineData(SmolLm2)]
    [InlineData(Llama)]
    public void Streamed_text_equals_decoded_text_for_any_tokens(string file)
    {
        var tokenizer = BuiltTokenizer.Shared(file);
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            // Mostly tokens of bytes, so that characters are cut and broken.
            var ids = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(random.Next(4) == 0 ? tokenizer.VocabularySize : 260)).ToArray();
            foreach (var special in new[] { false, true })
            {
                var decoder = tokenizer.CreateDecoder(special);
                Assert.Equal(tokenizer.Decode(ids, special), string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
            }
        }
    }

    [Theory]
    [InlineData(SmolLm2, "text/wikitext-2.test.txt")]
    [InlineData(SmolLm2, "text/tinystories-30k.txt")]
    [InlineData(Llama, "text/wikitext-2.test.txt")]
    [InlineData("models/stories260K/stories260K.gguf", "text/tinystories-30k.txt")]
    public void Real_text_survives_the_round_trip(string file, string textFile)
    {
        var tokenizer = BuiltTokenizer.Shared(file);
        var text = File.ReadAllText(SharedData.Path(textFile));
        text = text[..Math.Min(text.Length, 200_000)];

        // The text has <unk> written out, which is not to be taken for the token.
        var ids = tokenizer.Encode(text, parseSpecial: false);
        Assert.Equal(text, tokenizer.Decode(ids));
        Assert.InRange(ids.Length, text.Length / 8, text.Length);
    }

    [Fact]
    public void Only_the_space_that_encoding_put_in_front_is_dropped()
    {
        var tokenizer = BuiltTokenizer.Shared(Llama);
        foreach (var text in new[] { "Hello", " Hello", "  two  spaces ", "\n x", "日本語", "🦙", "", " " })
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }

        Assert.Equal("<s> Hello", tokenizer.Decode(tokenizer.Encode("Hello"), special: true));
    }

    [Fact]
    public void A_continuation_that_is_streamed_after_its_prompt_keeps_its_space()
    {
        var tokenizer = BuiltTokenizer.Shared(Llama);
        var decoder = tokenizer.CreateDecoder();
        Assert.Equal("Hello", string.Concat(tokenizer.Encode("Hello").Select(decoder.Append)));
        Assert.Equal(" Hello", decoder.Append(tokenizer.Encode("Hello", addSpecial: false)[0]));
    }

    [Fact]
    public void Lone_surrogates_become_replacement_characters()
    {
        var tokenizer = BuiltTokenizer.Shared(SmolLm2);
        foreach (var text in new[] { "a\uD83Eb", "\uDD99", "\uD83E", "x\uDD99\uD83Ey" })
        {
            var clean = text.Replace('\uD83E', '\uFFFD').Replace('\uDD99', '\uFFFD');
            Assert.Equal(tokenizer.Encode(clean), tokenizer.Encode(text));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    [InlineData(int.MaxValue)]
    public void A_token_outside_the_vocabulary_is_refused(int id)
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [])));
        Assert.Equal("MP5202", Assert.Throws<ModelPackException>(() => tokenizer.Decode([id])).Code);
        Assert.Equal("MP5202", Assert.Throws<ModelPackException>(() => tokenizer.CreateDecoder().Append(id)).Code);
    }
}
