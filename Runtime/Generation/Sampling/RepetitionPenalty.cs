namespace ModelPack;

/// <summary>Makes recent tokens less likely (Keskar et al. 2019, CTRL, section 4.1), each once however often it occurs.</summary>
internal sealed class RepetitionPenalty(int vocabularySize)
{
    /// <summary>Number of the last call in which a token was penalised; made when first needed.</summary>
    private int[]? _penalisedIn;

    private int _call;

    /// <summary>Positive logits of <paramref name="recent"/> tokens are divided by <paramref name="penalty"/>, others multiplied.</summary>
    public void Apply(Span<float> logits, ReadOnlySpan<int> recent, float penalty)
    {
        var penalisedIn = _penalisedIn ??= new int[vocabularySize];
        if (++_call == int.MaxValue)
        {
            Array.Clear(penalisedIn);
            _call = 1;
        }

        foreach (var id in recent)
        {
            // A prompt may hold ids beyond the logits where the model was padded; those cannot be generated.
            if ((uint)id < (uint)logits.Length && penalisedIn[id] != _call)
            {
                penalisedIn[id] = _call;
                var x = logits[id];
                logits[id] = x > 0 ? x / penalty : x * penalty;
            }
        }
    }
}
