using System.Reflection;
using ModelPack.Execution;

namespace ModelPack.Tests.Generation;

public class LifetimeTests
{
    private static readonly GenerateOptions s_endless = new() { MaxTokens = 4000, IgnoreEndOfGeneration = true, IncludeSpecial = true };

    [Fact]
    public async Task A_second_call_while_one_runs_is_refused_and_the_first_goes_on()
    {
        var tokenizer = new FakeTokenizer();
        using var generator = new TextGenerator(FakeSession.Scripted(tokenizer, 3, 'a', 'b', 'c'), tokenizer);
        await using var stream = generator.GenerateAsync("Hi").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await stream.MoveNextAsync());

        Assert.Equal("MP5203", Assert.Throws<ModelPackException>(() => generator.Generate("Hi")).Code);
        Assert.Equal("MP5203", (await Assert.ThrowsAsync<ModelPackException>(() => TextGeneratorTests.Read(generator.GenerateAsync("Hi")))).Code);

        Assert.True(await stream.MoveNextAsync());
        Assert.Equal("b", stream.Current);
    }

    [Fact]
    public async Task Disposing_in_the_middle_of_a_token_waits_for_that_token_only()
    {
        var session = FakeSession.Random();
        var generator = new TextGenerator(session, new FakeTokenizer());
        using var inside = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        session.Evaluating = () =>
        {
            inside.Release();
            go.Wait();
        };
        var running = Task.Run(() => generator.Generate("Hi", s_endless), TestContext.Current.CancellationToken);
        await inside.WaitAsync(TestContext.Current.CancellationToken);

        generator.Dispose();
        Assert.False(session.IsDisposed);
        go.Release();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        Assert.True(session.IsDisposed);
        Assert.Single(session.Parts);
    }

    [Fact]
    public async Task Disposing_under_a_stream_that_nobody_reads_frees_at_once()
    {
        var session = FakeSession.Random();
        var generator = new TextGenerator(session, new FakeTokenizer());
        var stream = generator.GenerateAsync("Hi", s_endless).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await stream.MoveNextAsync();
        generator.Dispose();
        Assert.True(session.IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.MoveNextAsync());
        await stream.DisposeAsync();
        generator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => generator.Generate("Hi"));
    }

    [Fact]
    public async Task Disposing_the_model_under_running_generators_frees_it_after_the_last_token()
    {
        var loaded = new FakeLoaded();
        var model = new FakeModel(loaded);
        var generators = Enumerable.Range(0, 4).Select(_ => model.CreateGenerator()).ToList();
        using var inside = new CountdownEvent(4);
        using var go = new ManualResetEventSlim();
        foreach (var session in loaded.Sessions)
        {
            session.Evaluating = () =>
            {
                if (session.Parts.Count == 3)
                {
                    inside.Signal();
                    go.Wait();
                }
            };
        }

        var running = generators.ConvertAll(g => Task.Factory.StartNew(() => g.Generate("Hi", s_endless), default, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        inside.Wait(TestContext.Current.CancellationToken);
        model.Dispose();
        Assert.False(loaded.IsDisposed);
        go.Set();
        foreach (var task in running)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => task);
        }

        Assert.All(loaded.Sessions, s => Assert.Equal((true, 4), (s.IsDisposed, s.Parts.Count)));
        Assert.True(loaded.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => model.CreateGenerator());
        Assert.Throws<ObjectDisposedException>(() => model.Tokenizer);
        Assert.Throws<ObjectDisposedException>(() => model.Weights);
        model.Dispose();
    }

    [Fact]
    public void A_model_outlives_its_generators_and_frees_each_with_its_own_disposal()
    {
        var loaded = new FakeLoaded();
        var model = new FakeModel(loaded);
        var (first, second) = (model.CreateGenerator(), model.CreateGenerator());
        first.Dispose();
        Assert.Equal([true, false], loaded.Sessions.Select(s => s.IsDisposed));
        Assert.False(loaded.IsDisposed);
        second.Dispose();
        Assert.False(loaded.IsDisposed);
        model.Dispose();
        Assert.True(loaded.IsDisposed);
    }

    [Fact]
    public void A_session_that_cannot_be_made_leaves_no_trace()
    {
        var loaded = new FakeLoaded { Fails = true };
        using (var model = new FakeModel(loaded))
        {
            Assert.Throws<InvalidOperationException>(model.CreateGenerator);
        }

        Assert.True(loaded.IsDisposed);
    }

    [Fact]
    public async Task The_shared_calls_keep_one_generator_and_make_more_only_while_it_is_in_use()
    {
        var loaded = new FakeLoaded();
        using var model = new FakeModel(loaded);
        var text = model.Generate("Hi", new() { MaxTokens = 5 });
        Assert.Equal(text, model.Generate("Hi", new() { MaxTokens = 5 }));
        Assert.Single(loaded.Sessions);

        await foreach (var piece in model.GenerateAsync("Hi", s_endless))
        {
            Assert.Equal(text, model.Generate("Hi", new() { MaxTokens = 5 }));
            break;
        }

        Assert.Equal([false, true], loaded.Sessions.Select(s => s.IsDisposed).Order());
        Assert.Equal(text, string.Concat(await TextGeneratorTests.Read(model.GenerateAsync("Hi", new() { MaxTokens = 5 }))));
        Assert.Equal(2, loaded.Sessions.Count);
    }

    [Fact]
    public void The_model_tells_what_it_is()
    {
        using var model = new FakeModel(new(), new() { ContextLength = 100 });
        Assert.Equal(("Fake", 100, FakeTokenizer.FirstWord), (model.Info.Name, model.Info.ContextLength, model.Info.VocabularySize));
        Assert.Equal(new("architecture", "none"), Assert.Single(model.Info.Facts));
        using var plain = new FakeModel(new());
        Assert.Equal(4096, plain.Info.ContextLength);
    }

    [Fact]
    public void A_context_length_beyond_the_models_is_refused_before_anything_is_opened()
    {
        var loaded = new FakeLoaded();
        var e = Assert.Throws<ModelPackException>(() => new FakeModel(loaded, new() { ContextLength = 5000 }));
        Assert.Equal("MP5101", e.Code);
        Assert.StartsWith("ModelOptions.ContextLength is 5000; expected 1 to 4096 for Fake", e.Text, StringComparison.Ordinal);
        Assert.False(loaded.IsOpen);
    }

    private sealed class FakeLoaded : IDisposable
    {
        public List<FakeSession> Sessions { get; } = [];

        public bool Fails { get; init; }

        public bool IsOpen { get; set; }

        public bool IsDisposed { get; private set; }

        public DecoderSession CreateSession(ForwardPass forward)
        {
            if (Fails)
            {
                throw new InvalidOperationException("planted");
            }

            Assert.False(IsDisposed);
            lock (Sessions)
            {
                Sessions.Add(FakeSession.Random());
                return Sessions[^1];
            }
        }

        public void Dispose()
        {
            Assert.False(IsDisposed, "disposed twice");
            Assert.All(Sessions, s => Assert.True(s.IsDisposed));
            IsDisposed = true;
        }
    }

    private sealed class FakeModel(FakeLoaded loaded, ModelOptions? options = null) : TextModel(s_definition, options, (_, _) =>
    {
        loaded.IsOpen = true;
        var tokenizer = new FakeTokenizer();
        return new(() => tokenizer, [], loaded.CreateSession, loaded, () => throw new NotSupportedException());
    })
    {
        private static readonly ModelDefinition s_definition = new(
            "Fake", Assembly.GetExecutingAssembly(), "none", "", new(FakeTokenizer.FirstWord, 4096, 1, 1, 1, 1, 1, 1), [new("architecture", "none")]);

        public string Generate(string prompt, GenerateOptions options) => GenerateShared(prompt, options);

        public IAsyncEnumerable<string> GenerateAsync(string prompt, GenerateOptions options) => GenerateSharedAsync(prompt, options, default);

        protected internal override ForwardPass CreateForward() => new Forward();

        private sealed class Forward : ForwardPass
        {
            public override void Run(Executor k) => throw new NotSupportedException();
        }
    }
}
