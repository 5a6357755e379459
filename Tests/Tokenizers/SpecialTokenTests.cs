using System.Text;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

public class SpecialTokenTests
{
    private const string SmolLm2 = "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
    private const string Phi3 = "tokenizers/ggml-vocab-phi-3.gguf";
    private const string Llama = "tokenizers/ggml-vocab-llama-spm.gguf";

    [Fact]
    public void The_longest_special_token_at_the_leftmost_place_wins()
    {
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [], "<|a|>", "<|a|>b", "<", "\n\n")));
        Assert.Equal([257, 256, 'c'], tokenizer.Encode("<|a|>b<|a|>c"));
        Assert.Equal([258, '|', 'a'], tokenizer.Encode("<|a"));
        Assert.Equal([258, 258, 259, 'x'], tokenizer.Encode("<<\n\nx"));
    }

    [Fact]
    public void Control_tokens_in_text_are_text_unless_asked_for_and_user_defined_ones_always_count()
    {
        var source = BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [], "<ctl>", "<usr>");
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(source with { Types = [.. source.Types!.Select((type, id) => id == 257 ? 4 : type)] }));
        Assert.Equal([256, 257], tokenizer.Encode("<ctl><usr>", parseSpecial: true));
        Assert.Equal([.. "<ctl>"u8.ToArray().Select(b => (int)b), 257], tokenizer.Encode("<ctl><usr>", parseSpecial: false));
        Assert.Equal("<usr>", tokenizer.Decode([256, 257]));
        Assert.Equal("<ctl><usr>", tokenizer.Decode([256, 257], special: true));
    }

    [Fact]
    public void A_SentencePiece_text_cannot_forge_control_tokens_by_merging()
    {
        var tokenizer = BuiltTokenizer.Shared(Llama);
        foreach (var text in new[] { "<s>", "</s>", "<unk>", "<0x0A>", "x</s>y" })
        {
            Assert.DoesNotContain(tokenizer.Encode(text, addSpecial: false, parseSpecial: false), id => id < 259);
        }
    }

    [Fact]
    public void Phi3_drops_white_space_after_its_special_tokens()
    {
        var tokenizer = BuiltTokenizer.Shared(Phi3);
        var tight = tokenizer.Encode("<|user|>Hi<|end|><|assistant|>", addSpecial: false);
        Assert.Equal(tight, tokenizer.Encode("<|user|>\n Hi<|end|> \n<|assistant|>\n", addSpecial: false));
        Assert.Equal(4, tight.Length);
    }

    [Fact]
    public void Beginning_and_end_are_added_where_the_file_says_so()
    {
        Assert.Equal([1, 15043], BuiltTokenizer.Shared(Llama).Encode("Hello"));
        Assert.Equal([1], BuiltTokenizer.Shared(Llama).Encode(""));
        Assert.Equal([19556], BuiltTokenizer.Shared(SmolLm2).Encode("Hello"));
        Assert.True(BuiltTokenizer.Shared(Llama).AddsBos);
        Assert.False(BuiltTokenizer.Shared(SmolLm2).AddsBos);
        var source = BuiltTokenizer.Small(PreTokenizerKind.Gpt2, [], "<s>", "</s>") with { Bos = 256, Eos = 257, AddBos = true, AddEos = true };
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(source));
        Assert.Equal([256, 'a', 257], tokenizer.Encode("a"));
        Assert.Equal(['a'], tokenizer.Encode("a", addSpecial: false));
        Assert.Equal((256, 257), (tokenizer.BosId, tokenizer.EosId));
    }

    [Fact]
    public void Generation_ends_at_the_end_tokens_and_at_those_with_the_usual_names()
    {
        var smol = BuiltTokenizer.Shared(SmolLm2);
        Assert.True(smol.IsEndOfGeneration(smol.EosId));
        Assert.True(smol.IsEndOfGeneration(smol.Encode("<|endoftext|>")[0]));
        Assert.False(smol.IsEndOfGeneration(smol.Encode("<|im_start|>")[0]));
        Assert.False(smol.IsEndOfGeneration(-1));
        Assert.False(smol.IsEndOfGeneration(int.MaxValue));
        var phi = BuiltTokenizer.Shared(Phi3);
        Assert.True(phi.IsEndOfGeneration(phi.Encode("<|end|>", addSpecial: false)[0]));
        Assert.True(phi.IsEndOfGeneration(32000));

        // Markup that a file has as an ordinary token ends nothing; a control-looking token counts whatever its type.
        var source = BuiltTokenizer.Small(PreTokenizerKind.Gpt2, ["< /", "</ s", "</s >"], "<|eot_id|>");
        var tokenizer = BuiltTokenizer.Open(TokenizerTableBuilder.Build(source with { Types = [.. source.Types!.Select(_ => 1)] }));
        Assert.Equal("</s>", tokenizer.Decode([258]));
        Assert.False(tokenizer.IsEndOfGeneration(258));
        Assert.True(tokenizer.IsEndOfGeneration(Assert.Single(tokenizer.Encode("<|eot_id|>"))));
    }

    [Fact]
    public void A_whole_word_that_is_a_token_counts_only_if_merging_makes_it_unless_merges_are_ignored()
    {
        // "abc" is a token that its merges never reach: a b goes first, and "ab c" is no merge.
        var source = BuiltTokenizer.Small(PreTokenizerKind.Gpt2, ["b c", "a bc", "a b"]);
        var reordered = source with { Merges = [.. new[] { "a b", "b c", "a bc" }.Select(Encoding.UTF8.GetBytes)] };
        Assert.Equal([258, 'c'], BuiltTokenizer.Open(TokenizerTableBuilder.Build(reordered)).Encode("abc"));
        Assert.Equal([257], BuiltTokenizer.Open(TokenizerTableBuilder.Build(source)).Encode("abc"));
        Assert.Equal([257], BuiltTokenizer.Open(TokenizerTableBuilder.Build(reordered with { IgnoreMerges = true })).Encode("abc"));
    }
}
