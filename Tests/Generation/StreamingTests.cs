namespace ModelPack.Tests.Generation;

public class StreamingTests
{
    private static readonly GenerateOptions s_long = new() { MaxTokens = 1000, IgnoreEndOfGeneration = true };

    [Fact]
    public async Task Pieces_are_whole_characters_even_where_tokens_are_bytes()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, tokenizer.Encode("a😀é👩‍🚀!", false)), tokenizer);
        Assert.Equal(["a", "😀", "é", "👩", "\u200d", "🚀", "!"], await TextGeneratorTests.Read(generator.GenerateAsync("Hi")));
        Assert.Equal(StopReason.EndOfGeneration, generator.LastStatistics!.StopReason);
    }

    [Fact]
    public async Task A_character_that_stays_incomplete_becomes_a_replacement_character()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, 'a', 0xF0, 0x9F), tokenizer);
        Assert.Equal("a\uFFFD", string.Concat(await TextGeneratorTests.Read(generator.GenerateAsync("Hi"))));
    }

    [Fact]
    public async Task The_stream_has_the_same_text_as_the_whole()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Random(), tokenizer);
        var options = new GenerateOptions { MaxTokens = 100, Temperature = 1, Seed = 3, StopStrings = ["\uFFFDx\uFFFD"] };
        var whole = generator.Generate("Once", options);
        Assert.Equal(whole, string.Concat(await TextGeneratorTests.Read(generator.GenerateAsync("Once", options))));
        Assert.NotEmpty(whole);
    }

    [Fact]
    public async Task Stop_strings_are_never_seen_even_in_part()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, tokenizer.Encode("one<en><end>two", false)), tokenizer);
        var pieces = await TextGeneratorTests.Read(generator.GenerateAsync("Hi", new() { StopStrings = ["<end>"] }));
        Assert.Equal(["o", "n", "e", "<en>"], pieces);
    }

    [Fact]
    public async Task Cancellation_takes_effect_before_the_next_token_and_the_generator_goes_on_working()
    {
        var tokenizer = new FakeTokenizer();
        var session = FakeSession.Scripted(tokenizer, 3, tokenizer.Encode(new string('x', 900), false));
        using var generator = new TextGenerator(session, tokenizer);
        using var cancel = new CancellationTokenSource();
        var pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var piece in generator.GenerateAsync("Hi", s_long).WithCancellation(cancel.Token))
            {
                if (++pieces == 3)
                {
                    await cancel.CancelAsync();
                }
            }
        });

        Assert.Equal(3, pieces);
        Assert.Equal([3, 1, 1], session.Parts);
        Assert.Equal((StopReason.Cancelled, 3), (generator.LastStatistics!.StopReason, generator.LastStatistics.GeneratedTokens));
        Assert.Equal("xx", generator.Generate("Hi", new() { MaxTokens = 2 }));
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_starts_nothing()
    {
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, new FakeTokenizer());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TextGeneratorTests.Read(generator.GenerateAsync("Hi", s_long, new(canceled: true))));
        Assert.Empty(session.Parts);
    }

    [Fact]
    public async Task A_reader_who_stops_early_leaves_the_generator_usable()
    {
        var tokenizer = new FakeTokenizer();
        var session = FakeSession.Scripted(tokenizer, 3, tokenizer.Encode("abcdef", false));
        using var generator = new TextGenerator(session, tokenizer);
        await foreach (var piece in generator.GenerateAsync("Hi"))
        {
            break;
        }

        Assert.Equal(StopReason.Cancelled, generator.LastStatistics!.StopReason);
        Assert.Equal([3], session.Parts);
        Assert.Equal("abcdef", generator.Generate("Hi"));
    }

    [Fact]
    public async Task Nothing_runs_while_the_reader_is_busy_or_before_it_starts()
    {
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, new FakeTokenizer());
        var stream = generator.GenerateAsync("Hi", new() { IgnoreEndOfGeneration = true, IncludeSpecial = true });
        Assert.Empty(session.Parts);
        await foreach (var piece in stream)
        {
            var parts = session.Parts.Count;
            await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.Equal(parts, session.Parts.Count);
            break;
        }
    }

    [Fact]
    public async Task The_model_never_works_on_the_callers_thread()
    {
        var session = FakeSession.Random();
        using var generator = new TextGenerator(session, new FakeTokenizer());
        var onPool = true;
        session.Evaluating = () => onPool &= Thread.CurrentThread.IsThreadPoolThread && SynchronizationContext.Current is null;
        await TextGeneratorTests.Read(generator.GenerateAsync("Hi", new() { MaxTokens = 5 }));
        Assert.True(onPool);
    }

    [Fact]
    public async Task Errors_of_the_prompt_come_from_the_stream()
    {
        using var generator = new TextGenerator(FakeSession.Random(contextLength: 2), new FakeTokenizer());
        var e = await Assert.ThrowsAsync<ModelPackException>(() => TextGeneratorTests.Read(generator.GenerateAsync("long")));
        Assert.Equal("MP5201", e.Code);
        Assert.Null(generator.LastStatistics);
    }
}
