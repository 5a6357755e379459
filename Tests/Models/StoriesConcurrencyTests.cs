namespace ModelPack.Tests.Models;

/// <summary>Several generators on one real model; cancelling and disposing under them.</summary>
public sealed class StoriesConcurrencyTests(StoriesFixture stories) : IClassFixture<StoriesFixture>
{
    private const int Generators = 8;

    private static readonly GenerateOptions s_greedy = new() { MaxTokens = 200 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Generators_that_run_at_once_write_what_each_writes_alone(int threads)
    {
        using var model = new InterpretedTextModel(stories.Model, new() { Threads = threads });
        var alone = Enumerable.Range(0, Generators).Select(i => Write(model, i)).ToArray();
        Assert.Equal(GoldenStory.All.Select(s => s.Continuation), alone.Take(3));
        Assert.Equal(Generators, alone.Distinct().Count());

        using var start = new Barrier(Generators);
        var together = await Task.WhenAll(Enumerable.Range(0, Generators).Select(i => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return Write(model, i);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Cancelling_ends_a_stream_between_tokens_and_the_generator_goes_on_as_before()
    {
        var story = GoldenStory.All[0];
        using var model = new InterpretedTextModel(stories.Model, new() { Threads = 2 });
        using var generator = model.CreateGenerator();
        using var cancellation = new CancellationTokenSource();
        var text = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var piece in generator.GenerateAsync(story.Text, s_greedy, cancellation.Token))
            {
                text += piece;
                if (text.Length > 40)
                {
                    await cancellation.CancelAsync();
                }
            }
        });

        Assert.Equal(StopReason.Cancelled, generator.LastStatistics!.StopReason);
        Assert.Equal(story.Greedy.Take(generator.LastTokens.Length), generator.LastTokens);
        Assert.InRange(generator.LastTokens.Length, 1, 199);
        Assert.InRange(text.Length, 41, story.Continuation.Length - 1);
        Assert.StartsWith(text, story.Continuation, StringComparison.Ordinal);
        Assert.Equal(story.Continuation, generator.Generate(story.Text, s_greedy));
    }

    [Fact]
    public async Task Disposing_the_model_ends_the_streams_of_its_generators_after_their_current_token()
    {
        var model = new InterpretedTextModel(stories.Model, new() { Threads = 2 });
        using var begun = new CountdownEvent(Generators);
        var readers = Enumerable.Range(0, Generators).Select(i => Task.Run(async () =>
        {
            var story = GoldenStory.All[i % 3];
            var (generator, text, first) = (model.CreateGenerator(), "", true);
            await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            {
                // Over and over, so that it is running whenever the model goes.
                while (true)
                {
                    text = "";
                    await foreach (var piece in generator.GenerateAsync(story.Text, s_greedy))
                    {
                        text += piece;
                        if (first)
                        {
                            first = false;
                            begun.Signal();
                        }
                    }
                }
            });
            Assert.StartsWith(text, story.Continuation, StringComparison.Ordinal);
        })).ToArray();

        begun.Wait(TestContext.Current.CancellationToken);
        model.Dispose();
        await Task.WhenAll(readers);
        Assert.Throws<ObjectDisposedException>(model.CreateGenerator);
    }

    [Fact]
    public async Task Disposing_one_generator_leaves_the_others_running()
    {
        using var model = new InterpretedTextModel(stories.Model, new() { Threads = 2 });
        var victim = model.CreateGenerator();
        using var begun = new ManualResetEventSlim();
        var ending = Task.Run(
            () =>
            {
                begun.Set();
                while (true)
                {
                    victim.Generate("", s_greedy);
                }
            },
            TestContext.Current.CancellationToken);
        var staying = Task.Run(() => Write(model, 0), TestContext.Current.CancellationToken);
        begun.Wait(TestContext.Current.CancellationToken);
        victim.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ending);
        Assert.Equal(GoldenStory.All[0].Continuation, await staying);
    }

    /// <summary>The golden stories for 0 … 2, sampled ones from the same prompts after that.</summary>
    private static string Write(InterpretedTextModel model, int number)
    {
        using var generator = model.CreateGenerator();
        return generator.Generate(GoldenStory.All[number % 3].Text, number < 3 ? s_greedy : s_greedy with { Temperature = 1f, TopK = 40, Seed = (ulong)number });
    }
}
