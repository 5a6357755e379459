using System.Text;

namespace ModelPack.Tests.Generation;

public class TextGeneratorTests
{
    private static readonly GenerateOptions s_short = new() { MaxTokens = 12, IgnoreEndOfGeneration = true };

    [Fact]
    public void The_continuation_comes_without_the_prompt_until_the_model_ends_it()
    {
        var (tokenizer, ids) = Script("Hi", " there");
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, ids), tokenizer);

        Assert.Equal(" there", generator.Generate("Hi"));
        var s = generator.LastStatistics!;
        Assert.Equal((StopReason.EndOfGeneration, 3, 0, 6, 0UL), (s.StopReason, s.PromptTokens, s.ReusedTokens, s.GeneratedTokens, s.Seed));
        Assert.Equal(ids, generator.LastTokens);
        Assert.True(s.FirstTokenSeconds >= s.PrefillSeconds);
    }

    [Fact]
    public void Tokens_are_taken_as_they_are_and_tokens_come_back()
    {
        var (tokenizer, ids) = Script("Hi", " there");
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, ids), tokenizer);

        Assert.Equal(ids, generator.GenerateTokens(tokenizer.Encode("Hi")));
        Assert.Equal(3, generator.LastStatistics!.PromptTokens);
        Assert.Equal(ids, generator.LastTokens);
        Assert.Equal("MP5204", Assert.Throws<ModelPackException>(() => generator.GenerateTokens([])).Code);
    }

    [Fact]
    public void MaxTokens_ends_it_and_the_last_token_is_not_evaluated_in_vain()
    {
        var (tokenizer, ids) = Script("Hi", " there");
        var session = FakeSession.Scripted(tokenizer, 3, ids);
        using var generator = new TextGenerator(session, tokenizer);

        Assert.Equal(" th", generator.Generate("Hi", new() { MaxTokens = 3 }));
        Assert.Equal(StopReason.MaxTokens, generator.LastStatistics!.StopReason);
        Assert.Equal([3, 1, 1], session.Parts);
    }

    [Fact]
    public void End_of_generation_can_be_ignored_and_control_tokens_shown()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, 'a', FakeTokenizer.Eos, 'b'), tokenizer);
        Assert.Equal("a", generator.Generate("Hi"));
        Assert.Equal("ab", generator.Generate("Hi", new() { MaxTokens = 3, IgnoreEndOfGeneration = true }));
        Assert.Equal("a<eos>b", generator.Generate("Hi", new() { MaxTokens = 3, IgnoreEndOfGeneration = true, IncludeSpecial = true }));
    }

    [Fact]
    public void Control_tokens_in_the_prompt_are_parsed_unless_told_otherwise()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Random(), tokenizer);
        generator.Generate("Hi<eos>", s_short);
        Assert.Equal(4, generator.LastStatistics!.PromptTokens);
        generator.Generate("Hi<eos>", s_short with { ParseSpecial = false });
        Assert.Equal(8, generator.LastStatistics!.PromptTokens);
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_an_error_with_both_numbers()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Random(contextLength: 10), tokenizer);
        var e = Assert.Throws<ModelPackException>(() => generator.Generate("0123456789"));
        Assert.Equal("MP5201", e.Code);
        Assert.StartsWith("the prompt has 11 tokens, but the context has 10 positions.", e.Text, StringComparison.Ordinal);
        Assert.Null(generator.LastStatistics);
    }

    [Theory]
    [InlineData("012345678", 1)]
    [InlineData("01234567", 2)]
    [InlineData("0", 9)]
    public void Generation_stops_at_the_contexts_end(string prompt, int tokens)
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Random(contextLength: 10), tokenizer);
        generator.Generate(prompt, new() { IgnoreEndOfGeneration = true });
        Assert.Equal((StopReason.ContextFull, tokens), (generator.LastStatistics!.StopReason, generator.LastStatistics.GeneratedTokens));
    }

    [Fact]
    public void A_prompt_of_no_tokens_is_an_error_but_BOS_alone_is_a_prompt()
    {
        using var without = new TextGenerator(FakeSession.Random(), new FakeTokenizer(addsBos: false));
        Assert.Equal("MP5204", Assert.Throws<ModelPackException>(() => without.Generate("")).Code);
        using var with = new TextGenerator(FakeSession.Random(), new FakeTokenizer());
        with.Generate("", s_short);
        Assert.Equal(1, with.LastStatistics!.PromptTokens);
    }

    [Fact]
    public void Null_arguments_are_refused_at_the_call()
    {
        using var generator = new TextGenerator(FakeSession.Random(), new FakeTokenizer());
        Assert.Throws<ArgumentNullException>(() => generator.Generate(null!));
        Assert.Throws<ArgumentNullException>(() => generator.GenerateAsync(null!));
    }

    [Fact]
    public void Stop_strings_are_found_across_tokens()
    {
        var tokenizer = new FakeTokenizer(true, "\nUs", "er:");
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, [.. tokenizer.Encode("Yes.\nUser: no", false)]), tokenizer);
        Assert.Equal("Yes.", generator.Generate("Hi", new() { StopStrings = ["\nUser:"] }));
        Assert.Equal(StopReason.StopString, generator.LastStatistics!.StopReason);
        Assert.Equal(6, generator.LastStatistics.GeneratedTokens);
        Assert.Equal("Yes.\nUser: no", generator.Generate("Hi", new() { StopStrings = ["\nUser!"] }));
    }

    [Fact]
    public void Text_held_back_for_a_stop_string_comes_out_at_the_end()
    {
        var (tokenizer, ids) = Script("Hi", "abc##");
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, ids), tokenizer);
        Assert.Equal("abc##", generator.Generate("Hi", new() { StopStrings = ["###"] }));
        Assert.Equal("abc#", generator.Generate("Hi", new() { StopStrings = ["###"], MaxTokens = 4 }));
    }

    [Fact]
    public void The_same_seed_gives_the_same_text_and_another_one_another()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Random(), tokenizer);
        var options = s_short with { MaxTokens = 40, Temperature = 1, TopP = 0.98f };
        var first = Tokens(generator, options with { Seed = 1 });
        Assert.Equal(first, Tokens(generator, options with { Seed = 1 }));
        Assert.NotEqual(first, Tokens(generator, options with { Seed = 2 }));

        var unseeded = Tokens(generator, options);
        Assert.Equal(unseeded, Tokens(generator, options with { Seed = generator.LastStatistics!.Seed }));
    }

    [Theory]
    [InlineData(0, false, "aaaa")]
    [InlineData(64, true, "bcde")]
    [InlineData(64, false, "abcd")]
    [InlineData(1, false, "abab")]
    [InlineData(-1, false, "abcd")]
    public void The_repetition_window_counts_back_from_the_latest_token(int window, bool prompt, string expected)
    {
        var tokenizer = new FakeTokenizer();
        var session = new FakeSession(tokenizer.VocabularySize, 100, _ =>
        {
            var row = new float[tokenizer.VocabularySize];
            for (var i = 0; i < 8; i++)
            {
                row['a' + i] = 20 - i;
            }

            return row;
        });
        using var generator = new TextGenerator(session, tokenizer);
        Assert.Equal(expected, generator.Generate("a", new() { MaxTokens = 4, RepetitionPenalty = 10, RepetitionWindow = window, PenalizePrompt = prompt }));
    }

    [Fact]
    public void Tokens_beyond_the_tokenizers_vocabulary_are_never_chosen()
    {
        var tokenizer = new FakeTokenizer();
        var session = new FakeSession(300, 100, _ => [.. Enumerable.Range(0, 300).Select(i => i >= 258 ? 100f : i == 'x' ? 1f : 0f)]);
        using var generator = new TextGenerator(session, tokenizer);
        Assert.Equal("xx", generator.Generate("a", new() { MaxTokens = 2 }));
    }

    [Fact]
    public void The_common_prefix_of_two_calls_is_not_computed_again_and_changes_nothing()
    {
        var tokenizer = new FakeTokenizer();
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, tokenizer);
        foreach (var (prompt, reused) in new[] { ("Once upon", 0), ("Once more", 6), ("Once more", 9), ("Once", 4), ("Zwei", 1) })
        {
            session.Parts.Clear();
            var actual = Tokens(generator, s_short, prompt);
            Assert.Equal(reused, generator.LastStatistics!.ReusedTokens);
            Assert.Equal(prompt.Length + 1 - reused, session.Parts[0]);

            using var fresh = new TextGenerator(FakeSession.Random(), tokenizer);
            Assert.Equal(Tokens(fresh, s_short, prompt), actual);
        }
    }

    [Fact]
    public void A_prompt_that_goes_on_from_the_last_answer_computes_only_what_is_new()
    {
        var (tokenizer, ids) = Script("Hi", " you");
        var session = FakeSession.Scripted(tokenizer, 3, ids);
        using var generator = new TextGenerator(session, tokenizer);
        generator.Generate("Hi");
        session.Parts.Clear();
        generator.Generate("Hi you and I");
        Assert.Equal([6], session.Parts);
    }

    [Fact]
    public async Task Long_prompts_are_computed_in_parts_and_can_be_cancelled_between_them()
    {
        var tokenizer = new FakeTokenizer();
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, tokenizer);
        using var cancel = new CancellationTokenSource();
        var prompt = new string('x', 1200);
        session.Evaluating = () =>
        {
            if (session.Parts.Count == 1)
            {
                cancel.Cancel();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Read(generator.GenerateAsync(prompt, s_short, cancel.Token)));
        Assert.Equal([512, 512], session.Parts);

        session.Evaluating = null;
        session.Parts.Clear();
        var text = Tokens(generator, s_short, prompt);
        Assert.Equal(1201 - 1024, session.Parts[0]);
        using var fresh = new TextGenerator(FakeSession.Random(), tokenizer);
        Assert.Equal(Tokens(fresh, s_short, prompt), text);
    }

    [Fact]
    public void A_session_that_fails_midway_does_not_spoil_the_next_call()
    {
        var tokenizer = new FakeTokenizer();
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, tokenizer);
        session.Evaluating = () =>
        {
            if (session.Parts.Count == 3)
            {
                session.Ids.Add(7);
                throw new InvalidOperationException("planted");
            }
        };
        Assert.Throws<InvalidOperationException>(() => generator.Generate("Once upon", s_short));
        Assert.Null(generator.LastStatistics);
        session.Evaluating = null;
        using var fresh = new TextGenerator(FakeSession.Random(), tokenizer);
        Assert.Equal(Tokens(fresh, s_short), Tokens(generator, s_short));
    }

    internal static async Task<List<string>> Read(IAsyncEnumerable<string> pieces)
    {
        var list = new List<string>();
        await foreach (var piece in pieces)
        {
            list.Add(piece);
        }

        return list;
    }

    private static (FakeTokenizer Tokenizer, int[] Ids) Script(string prompt, string continuation)
    {
        var tokenizer = new FakeTokenizer();
        Assert.Equal(Encoding.UTF8.GetByteCount(prompt) + 1, tokenizer.Encode(prompt).Length);
        return (tokenizer, tokenizer.Encode(continuation, addSpecial: false));
    }

    private static int[] Tokens(TextGenerator generator, GenerateOptions options, string prompt = "Once upon")
    {
        generator.Generate(prompt, options);
        return generator.LastTokens;
    }
}
