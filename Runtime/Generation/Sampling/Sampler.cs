namespace ModelPack;

/// <summary>
/// Chooses the next token from logits. In llama.cpp's order (common/sampling, its default chain): repetition penalty, top-k, top-p, min-p, temperature,
/// draw; top-p and min-p see the probabilities at temperature 1. Allocates only in <see cref="Start"/> and at the first token that needs a buffer.
/// </summary>
internal sealed class Sampler(int vocabularySize)
{
    private readonly RepetitionPenalty _penalty = new(vocabularySize);
    private Candidates? _candidates;
    private GenerateOptions _options = GenerateOptions.Default;
    private Xoshiro256 _random;

    /// <summary>Begins a new text.</summary>
    public void Start(GenerateOptions options, ulong seed)
    {
        _options = options;
        _random = new(seed);
    }

    /// <summary>The next token's id.</summary>
    /// <param name="logits">[vocabulary]; written to.</param>
    /// <param name="recent">The tokens that count for the repetition penalty.</param>
    /// <exception cref="ModelPackException">MP5205: the logits are not finite numbers.</exception>
    public int Sample(Span<float> logits, ReadOnlySpan<int> recent)
    {
        if (_options.RepetitionPenalty != 1f)
        {
            _penalty.Apply(logits, recent, _options.RepetitionPenalty);
        }

        var best = ArgMax.Of(logits);
        if (_options.Temperature == 0f || _options.TopK == 1)
        {
            return best;
        }

        return Filter(logits, logits[best]).Draw(_random.NextUnit());
    }

    /// <summary>The tokens that may be drawn, with their weights.</summary>
    internal Candidates Filter(ReadOnlySpan<float> logits, float greatest)
    {
        var candidates = _candidates ??= new(vocabularySize);
        candidates.Fill(logits);
        if (_options.TopK > 0)
        {
            TopK.Apply(candidates, _options.TopK);
        }

        if (_options.TopP < 1f || _options.MinP > 0f)
        {
            candidates.Weigh(greatest, 1f);
            if (_options.TopP < 1f)
            {
                TopP.Apply(candidates, _options.TopP);
            }

            if (_options.MinP > 0f)
            {
                MinP.Apply(candidates, _options.MinP);
            }
        }

        candidates.Weigh(greatest, _options.Temperature);
        return candidates;
    }
}
