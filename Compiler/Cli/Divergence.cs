namespace ModelPack.Compiler.Cli;

/// <summary>Gathers how far a model's predictions are from a reference's: mean KL divergence (reference ‖ model) in nats, agreement of the best token, perplexities.</summary>
internal sealed class Divergence
{
    private readonly List<double> _divergences = [];
    private int _agree;
    private int _predicted;
    private double _nll;
    private double _referenceNll;

    public double Mean => _divergences.Average();

    public double Top1 => (double)_agree / _divergences.Count;

    public double Perplexity => Math.Exp(_nll / _predicted);

    public double ReferencePerplexity => Math.Exp(_referenceNll / _predicted);

    public double Percentile(double part)
    {
        var sorted = _divergences.Order().ToList();
        return sorted[Math.Min((int)(part * sorted.Count), sorted.Count - 1)];
    }

    /// <param name="reference">Logits of the reference.</param>
    /// <param name="logits">Logits of the model.</param>
    /// <param name="next">The token that came; −1: unknown.</param>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int next)
    {
        double referenceSum = Sampling.LogSumExp(reference), sum = Sampling.LogSumExp(logits), divergence = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            var p = reference[i] - referenceSum;
            divergence += Math.Exp(p) * (p - (logits[i] - sum));
        }

        _divergences.Add(Math.Max(divergence, 0));
        _agree += Sampling.Best(reference) == Sampling.Best(logits) ? 1 : 0;
        if (next >= 0)
        {
            _predicted++;
            _nll += sum - logits[next];
            _referenceNll += referenceSum - reference[next];
        }
    }
}
