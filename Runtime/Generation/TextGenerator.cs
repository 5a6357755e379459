using System.Runtime.CompilerServices;
using System.Text;
using ModelPack.Execution;

namespace ModelPack;

/// <summary>
/// Generates text, one call at a time, with a KV cache that stays between calls: what a prompt has in common with the tokens in the cache is not computed again.
/// </summary>
public sealed class TextGenerator : IDisposable
{
    private readonly TokenCache _cache;
    private readonly Tokenizer _tokenizer;
    private readonly Sampler _sampler;
    private readonly GeneratorLease _lease;

    /// <param name="session">Owned by the generator from here on.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="freed">Called once, when the session has been disposed.</param>
    internal TextGenerator(DecoderSession session, Tokenizer tokenizer, Action<TextGenerator>? freed = null)
    {
        _cache = new(session);
        _tokenizer = tokenizer;
        _sampler = new(session.VocabularySize);
        _lease = new(() =>
        {
            _cache.Dispose();
            freed?.Invoke(this);
        });
    }

    /// <summary>Counts and times of the last call that ended; null before that, and after one that failed.</summary>
    public GenerateStatistics? LastStatistics { get; private set; }

    /// <summary>The tokens that the last call generated, an end-of-generation token not included.</summary>
    public int[] LastTokens { get; private set; } = [];

    /// <summary>The continuation of <paramref name="prompt"/>, without the prompt.</summary>
    /// <param name="prompt">Raw text; BOS goes in front where the model's file says so.</param>
    /// <param name="options">null: the defaults (greedy, 256 tokens).</param>
    /// <exception cref="ModelPackException">MP5201 for a prompt longer than the context, MP5203 while another call runs, MP5204 for a prompt of no tokens.</exception>
    /// <exception cref="ObjectDisposedException">The generator or its model was disposed.</exception>
    public string Generate(string prompt, GenerateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= GenerateOptions.Default;
        return Generate(Encoding(prompt, options), options);
    }

    /// <summary>As <see cref="Generate(string, GenerateOptions?)"/>, for tokens that <paramref name="prompt"/> gives.</summary>
    internal string Generate(Func<int[]> prompt, GenerateOptions options)
    {
        _lease.Enter();
        try
        {
            var run = Begin(prompt, options, CancellationToken.None);
            var text = new StringBuilder();
            while (!run.Ended)
            {
                text.Append(Step(run));
            }

            End(run);
            return text.ToString();
        }
        finally
        {
            _lease.Exit();
        }
    }

    /// <summary>The tokens that continue <paramref name="prompt"/>, whose tokens are taken as they are: nothing goes in front.</summary>
    /// <param name="prompt">Token ids, 0 … VocabularySize − 1.</param>
    /// <param name="options">null: the defaults (greedy, 256 tokens).</param>
    /// <returns><see cref="LastTokens"/>.</returns>
    /// <exception cref="ModelPackException">MP5201 for a prompt longer than the context, MP5202 for an id outside the vocabulary, MP5203 while another call runs, MP5204 for a prompt of no tokens.</exception>
    /// <exception cref="ObjectDisposedException">The generator or its model was disposed.</exception>
    public int[] GenerateTokens(ReadOnlySpan<int> prompt, GenerateOptions? options = null)
    {
        var ids = prompt.ToArray();
        _lease.Enter();
        try
        {
            var run = Begin(() => ids, options ?? GenerateOptions.Default, CancellationToken.None);
            while (!run.Ended)
            {
                Step(run);
            }

            End(run);
            return LastTokens;
        }
        finally
        {
            _lease.Exit();
        }
    }

    /// <summary>
    /// As <see cref="Generate(string, GenerateOptions?)"/>, piece by piece as tokens come. The model works on the thread pool, only while the caller awaits the next piece;
    /// cancellation takes effect between tokens, and between parts of a long prompt.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IAsyncEnumerable<string> GenerateAsync(string prompt, GenerateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= GenerateOptions.Default;
        return Stream(Encoding(prompt, options), options, cancellationToken);
    }

    /// <summary>As <see cref="GenerateAsync(string, GenerateOptions?, CancellationToken)"/>, for tokens that <paramref name="prompt"/> gives.</summary>
    internal IAsyncEnumerable<string> GenerateAsync(Func<int[]> prompt, GenerateOptions options, CancellationToken cancellationToken) =>
        Stream(prompt, options, cancellationToken);

    /// <summary>Frees the KV cache, after the token that is being computed if there is one.</summary>
    public void Dispose() => _lease.Dispose();

    private async IAsyncEnumerable<string> Stream(Func<int[]> prompt, GenerateOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _lease.Enter();
        GenerationRun? run = null;
        var failed = false;
        try
        {
            Func<string> next = () =>
            {
                try
                {
                    run ??= Begin(prompt, options, cancellationToken);
                    return NextPiece(run);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    failed = true;
                    throw;
                }
            };

            while (run is not { Ended: true })
            {
                var piece = await Task.Run(next, CancellationToken.None).ConfigureAwait(false);
                if (piece.Length > 0)
                {
                    yield return piece;
                }
            }
        }
        finally
        {
            // Here, too, when the caller cancelled or stopped reading.
            if (run is not null && !failed)
            {
                End(run);
            }

            _lease.Exit();
        }
    }

    private Func<int[]> Encoding(string prompt, GenerateOptions options) => () => _tokenizer.Encode(prompt, addSpecial: true, options.ParseSpecial);

    private GenerationRun Begin(Func<int[]> prompt, GenerateOptions options, CancellationToken cancellationToken)
    {
        (LastStatistics, LastTokens) = (null, []);
        cancellationToken.ThrowIfCancellationRequested();
        using var step = _lease.Step();
        return new(_cache, _tokenizer, _sampler, prompt, options, cancellationToken);
    }

    private string Step(GenerationRun run)
    {
        using var step = _lease.Step();
        return run.Step();
    }

    /// <summary>The next piece of text that is not empty, or an empty one at the end: a thread is only switched where there is something to hand over.</summary>
    private string NextPiece(GenerationRun run)
    {
        var piece = "";
        while (piece.Length == 0 && !run.Ended)
        {
            piece = Step(run);
        }

        return piece;
    }

    private void End(GenerationRun run) => (LastStatistics, LastTokens) = (run.Statistics(), run.Tokens.ToArray());
}
