namespace ModelPack.Execution;

/// <summary>
/// One sequence being decoded: token ids go in, logits come out, the KV cache lies between. Not thread-safe.
/// Several sessions may run at once on one loaded model.
/// </summary>
internal abstract class DecoderSession : IDisposable
{
    /// <summary>Positions in the cache.</summary>
    public abstract int Length { get; }

    /// <summary>Most positions the sequence may have.</summary>
    public abstract int ContextLength { get; }

    public abstract int VocabularySize { get; }

    /// <summary>Forgets all positions from <paramref name="length"/> on (KV reuse across turns).</summary>
    public abstract void Truncate(int length);

    /// <summary>
    /// Appends tokens and returns the logits after the last one, [vocabulary]; the span is valid, and may be written to, until the next call.
    /// </summary>
    /// <exception cref="ModelPackException">MP5201 when they do not fit, MP5202 for an id outside the vocabulary.</exception>
    public abstract Span<float> Evaluate(ReadOnlySpan<int> ids);

    /// <summary>As <see cref="Evaluate"/>, with the logits after each token: [ids.Length, vocabulary].</summary>
    public abstract void EvaluateAll(ReadOnlySpan<int> ids, Span<float> logits);

    public abstract void Dispose();
}
