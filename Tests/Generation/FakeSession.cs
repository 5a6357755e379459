using ModelPack.Execution;

namespace ModelPack.Tests.Generation;

/// <summary>A session whose logits are a function of the tokens in its cache, and that notes what was asked of it.</summary>
internal sealed class FakeSession(int vocabularySize, int contextLength, Func<IReadOnlyList<int>, float[]> logits) : DecoderSession
{
    public List<int> Ids { get; } = [];

    /// <summary>Tokens of each call of <see cref="Evaluate"/>.</summary>
    public List<int> Parts { get; } = [];

    public bool IsDisposed { get; private set; }

    /// <summary>Runs inside <see cref="Evaluate"/>, before anything happens.</summary>
    public Action? Evaluating { get; set; }

    public override int Length => Ids.Count;

    public override int ContextLength => contextLength;

    public override int VocabularySize => vocabularySize;

    /// <summary>Pseudo-random logits that depend on every token before, about normal with deviation 2.</summary>
    public static FakeSession Random(int vocabularySize = FakeTokenizer.FirstWord, int contextLength = 4096) =>
        new(vocabularySize, contextLength, ids => RandomLogits(vocabularySize, ids.Aggregate(17UL, (h, id) => unchecked((h * 6364136223846793005) + (ulong)id + 1))));

    /// <summary>Continues any prompt of <paramref name="promptTokens"/> tokens with <paramref name="script"/>, then with EOS.</summary>
    public static FakeSession Scripted(FakeTokenizer tokenizer, int promptTokens, params int[] script) =>
        new(tokenizer.VocabularySize, 4096, ids =>
        {
            var row = new float[tokenizer.VocabularySize];
            var at = ids.Count - promptTokens;
            row[at < script.Length ? script[at] : FakeTokenizer.Eos] = 10;
            return row;
        });

    public static float[] RandomLogits(int vocabularySize, ulong seed)
    {
        var row = new float[vocabularySize];
        for (var i = 0; i < row.Length; i++)
        {
            var sum = 0.0;
            for (var n = 0; n < 4; n++)
            {
                sum += (Xoshiro256.SplitMix64(ref seed) >> 40) / (double)(1 << 24) - 0.5;
            }

            row[i] = (float)(sum * 4);
        }

        return row;
    }

    public override void Truncate(int length)
    {
        Assert.False(IsDisposed, "truncated after disposal");
        Assert.InRange(length, 0, Ids.Count);
        Ids.RemoveRange(length, Ids.Count - length);
    }

    public override Span<float> Evaluate(ReadOnlySpan<int> ids)
    {
        Assert.False(IsDisposed, "evaluated after disposal");
        Evaluating?.Invoke();
        Assert.False(IsDisposed, "disposed while evaluating");
        Assert.NotEqual(0, ids.Length);
        Assert.True(Ids.Count + ids.Length <= contextLength, "more tokens than the context holds");
        Parts.Add(ids.Length);
        Ids.AddRange(ids);
        return logits(Ids);
    }

    public override void EvaluateAll(ReadOnlySpan<int> ids, Span<float> logits) => throw new NotSupportedException();

    public override void Dispose()
    {
        Assert.False(IsDisposed, "disposed twice");
        IsDisposed = true;
    }
}
