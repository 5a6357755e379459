namespace ModelPack.Execution;

/// <summary>A sequence on a loaded model: batches of tokens through the forward pass.</summary>
internal sealed unsafe class ModelSession : DecoderSession
{
    /// <summary>Most tokens of a prompt that go through the model at once; bounds activation memory. Any value gives the same bits.</summary>
    internal const int MaxBatch = 256;

    /// <summary>Most tokens whose logits are kept at once in <see cref="EvaluateAll"/>: 50 MB for a vocabulary of 49,152, and weights are unpacked once for all of them.</summary>
    private const int MaxLogitTokens = 256;

    private readonly LoadedModel _model;
    private readonly ForwardPass _forward;
    private readonly Executor _executor;

    public ModelSession(LoadedModel model, ModelShape shape, ForwardPass forward, Executor executor)
    {
        _model = model;
        _forward = forward;
        _executor = executor;
        VocabularySize = shape.VocabularySize;
    }

    public override int Length => _executor.Cache.Length;

    public override int ContextLength => _model.ContextLength;

    public override int VocabularySize { get; }

    /// <summary>Bytes of this sequence's buffers and KV cache.</summary>
    public long Bytes => _executor.Bytes;

    public override void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _executor.End(length);
    }

    public override Span<float> Evaluate(ReadOnlySpan<int> ids)
    {
        Check(ids);
        for (var start = 0; start < ids.Length; start += MaxBatch)
        {
            var batch = ids.Slice(start, Math.Min(MaxBatch, ids.Length - start));
            Run(batch, start + batch.Length == ids.Length ? [batch.Length - 1] : []);
        }

        return new(_executor.LogitsPointer, VocabularySize);
    }

    public override void EvaluateAll(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Check(ids);
        if (logits.Length < (long)ids.Length * VocabularySize)
        {
            throw new ArgumentException($"{ids.Length} tokens have {(long)ids.Length * VocabularySize} logits, the span holds {logits.Length}.", nameof(logits));
        }

        Span<int> wanted = stackalloc int[MaxLogitTokens];
        for (var start = 0; start < ids.Length; start += MaxLogitTokens)
        {
            var batch = ids.Slice(start, Math.Min(MaxLogitTokens, ids.Length - start));
            for (var i = 0; i < batch.Length; i++)
            {
                wanted[i] = i;
            }

            Run(batch, wanted[..batch.Length]);
            new ReadOnlySpan<float>(_executor.LogitsPointer, batch.Length * VocabularySize).CopyTo(logits[(start * VocabularySize)..]);
        }
    }

    public override void Dispose() => _executor.Dispose();

    private void Run(ReadOnlySpan<int> batch, ReadOnlySpan<int> wanted)
    {
        _model.CheckMemory(_model.ResidentBytes + _executor.BytesWith(batch.Length, wanted.Length), "weights, KV cache and buffers");
        _executor.Begin(batch, wanted);
        _forward.Run(_executor);
        _executor.End(_executor.FirstPosition + batch.Length);
    }

    private void Check(ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty)
        {
            throw new ArgumentException("There is nothing to evaluate.", nameof(ids));
        }

        if (ids.Length > ContextLength - Length)
        {
            throw new ModelPackException(
                MpCodes.PromptTooLong,
                $"{ids.Length} tokens do not fit: the context has {ContextLength} positions, {Length} are taken. Shorten the prompt, or build the model with a larger ContextLength.");
        }

        foreach (var id in ids)
        {
            if ((uint)id >= (uint)VocabularySize)
            {
                throw new ModelPackException(MpCodes.TokenOutOfRange, $"token id {id} is outside the vocabulary of {VocabularySize}.");
            }
        }
    }
}
