using ModelPack.Execution;

namespace ModelPack;

/// <summary>
/// A loaded model and the generators that live on it. The model is freed when it has been disposed and the last of them is gone, never under a running one.
/// </summary>
/// <param name="tokenizer">Gives the model's, opening it at the first call; from any thread.</param>
/// <param name="weights">At the plan's indices.</param>
/// <param name="createSession">Makes a session for a forward pass; called from any thread.</param>
/// <param name="loaded">What is freed at the end.</param>
/// <param name="statistics">How its loading went so far.</param>
internal sealed class ModelCore(
    Func<Tokenizer> tokenizer, IReadOnlyList<Weight> weights, Func<ForwardPass, DecoderSession> createSession, IDisposable loaded, Func<LoadStatistics> statistics) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<TextGenerator> _generators = [];

    /// <summary>The model itself until it is disposed, and one for each generator.</summary>
    private int _uses = 1;

    private bool _disposed;

    public Tokenizer Tokenizer => Alive(tokenizer)();

    public IReadOnlyList<Weight> Weights => Alive(weights);

    public LoadStatistics Statistics => Alive(statistics)();

    public static ModelCore Of(LoadedModel loaded) => new(() => loaded.Tokenizer, loaded.Weights, loaded.CreateSession, loaded, () => loaded.Statistics);

    /// <summary>A generator for a forward pass made by <paramref name="createForward"/>.</summary>
    public TextGenerator CreateGenerator(Func<ForwardPass> createForward)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(TextModel));
            _uses++;
        }

        TextGenerator generator;
        DecoderSession? session = null;
        try
        {
            // The session first: workers begin to decode weights while this thread opens the tokenizer.
            session = createSession(createForward());
            generator = new(session, tokenizer(), Forget);
        }
        catch
        {
            session?.Dispose();
            Release();
            throw;
        }

        lock (_gate)
        {
            if (!_disposed)
            {
                _generators.Add(generator);
                return generator;
            }
        }

        generator.Dispose();
        throw new ObjectDisposedException(nameof(TextModel));
    }

    public void Dispose()
    {
        TextGenerator[] generators;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            generators = [.. _generators];
        }

        foreach (var generator in generators)
        {
            generator.Dispose();
        }

        Release();
    }

    private T Alive<T>(T value)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), typeof(TextModel));
        return value;
    }

    private void Forget(TextGenerator generator)
    {
        lock (_gate)
        {
            _generators.Remove(generator);
        }

        Release();
    }

    private void Release()
    {
        lock (_gate)
        {
            if (--_uses > 0)
            {
                return;
            }
        }

        loaded.Dispose();
    }
}
