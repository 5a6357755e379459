using System.Text;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

public class SentencePieceTests
{
    [Fact]
    public void The_best_score_merges_first_and_the_leftmost_among_equals()
    {
        var tokenizer = Small(("a", 0), ("b", 0), ("c", 0), ("ab", -2), ("bc", -1), ("aa", -3));
        Assert.Equal(["a", "bc"], Pieces(tokenizer, "abc"));
        Assert.Equal(["aa", "a"], Pieces(tokenizer, "aaa"));
        Assert.Equal(["ab", "ab"], Pieces(tokenizer, "abab"));
    }

    [Fact]
    public void Characters_without_token_or_byte_tokens_become_one_unknown_token_for_each_run()
    {
        var tokenizer = Small(("a", 0));
        Assert.Equal([1, 0, 1, 0], tokenizer.Encode("aéßa日"));
    }

    [Fact]
    public void Words_are_merged_apart_only_where_no_token_crosses_them_and_give_the_same()
    {
        (string, float)[] tokens = [("▁", 0), ("a", 0), ("b", 0), ("▁a", -1), ("ab", -2), ("▁▁", -3), ("▁ab", -4), ("ba", -5)];
        var apart = Small(tokens);
        var crossing = Small([.. tokens, ("▁zz▁", -9)]);
        var random = new Random(3);
        for (var i = 0; i < 500; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => "  aab日"[random.Next(6)]));
            Assert.Equal(crossing.Encode(text), apart.Encode(text));
        }

        Assert.Equal(["b a"], Pieces(Small([.. tokens, ("b▁a", -0.5f), ("b▁", -0.7f)]), "b a"));
    }

    private static List<string> Pieces(Tokenizer tokenizer, string text) => [.. tokenizer.Encode(text).Select(id => tokenizer.Decode([id]))];

    private static Tokenizer Small(params (string Text, float Score)[] tokens) => BuiltTokenizer.Open(TokenizerTableBuilder.Build(new TokenizerSource
    {
        Model = TokenizerLayout.Model.SentencePiece,
        Tokens = ["<unk>"u8.ToArray(), .. tokens.Select(t => Encoding.UTF8.GetBytes(t.Text))],
        Types = [2, .. tokens.Select(_ => 1)],
        Scores = [0, .. tokens.Select(t => t.Score)],
        Unknown = 0,
    }));
}
