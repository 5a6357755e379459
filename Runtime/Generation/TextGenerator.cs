using ModelPack.Execution;

namespace ModelPack;

/// <summary>
/// Generates text, one call at a time, with a KV cache that stays between calls: what a prompt has in common with the tokens in the cache is not computed again.
/// </summary>
public sealed class TextGenerator : IDisposable
{
    internal TextGenerator(DecoderSession session, Tokenizer tokenizer) => throw new NotImplementedException();

    /// <summary>Counts and times of the last call that ended; null before that, and after one that failed.</summary>
    public GenerateStatistics? LastStatistics => throw new NotImplementedException();

    /// <summary>The continuation of <paramref name="prompt"/>, without the prompt.</summary>
    /// <param name="prompt">Raw text; BOS goes in front where the model's file says so.</param>
    /// <param name="options">null: the defaults (greedy, 256 tokens).</param>
    /// <exception cref="ModelPackException">MP5201 for a prompt longer than the context, MP5203 while another call runs, MP5204 for a prompt of no tokens.</exception>
    /// <exception cref="ObjectDisposedException">The generator or its model was disposed.</exception>
    public string Generate(string prompt, GenerateOptions? options = null) => throw new NotImplementedException();

    /// <summary>
    /// As <see cref="Generate"/>, piece by piece as tokens come. The model works on the thread pool, only while the caller awaits the next piece;
    /// cancellation takes effect between tokens, and between parts of a long prompt.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IAsyncEnumerable<string> GenerateAsync(string prompt, GenerateOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Frees the KV cache, after the token that is being computed if there is one.</summary>
    public void Dispose() => throw new NotImplementedException();
}
