using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Report;

namespace ModelPack.Tests.Report;

public sealed class HeldOutPromptsTests
{
    [Fact]
    public void Prompts_begin_sentences_of_the_last_tenth_and_end_with_words()
    {
        var text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"Sentence number {i} says that the boat of the fisherman is as old as the sea itself, and so is he. "));
        var prompts = HeldOutPrompts.Of([text], 3);
        Assert.Equal(3, prompts.Count);
        Assert.All(prompts, p =>
        {
            Assert.Matches("^Sentence number (18|19)", p);
            Assert.InRange(p.Length, 40, 90);
            Assert.Contains(p + " ", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_packages_own_texts_give_three_prompts() => Assert.Equal(3, HeldOutPrompts.Of(CalibrationTexts.Default(), 3).Count);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("\ud83d\ude00\ud83d\ude00\ud83d\ude00")]
    public void Texts_that_are_too_short_give_fewer_or_none(string text) => Assert.True(HeldOutPrompts.Of([text], 3).Count <= 1);

    [Fact]
    public void Without_capitals_or_spaces_a_prompt_is_still_whole_characters()
    {
        var prompt = HeldOutPrompts.Of([string.Concat(Enumerable.Repeat("\ud83d\ude00", 3000))], 1);
        Assert.All(prompt, p => Assert.False(char.IsHighSurrogate(p[^1])));
    }
}
