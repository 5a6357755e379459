namespace ModelPack.Compiler.Calibration;

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

    /// <summary>Means of equal runs of positions: of windows, for example.</summary>
    public double[] Means(int runs) => [.. _divergences.Chunk(Math.Max(1, _divergences.Count / runs)).Select(c => c.Average())];

    /// <param name="reference">Logits of the reference.</param>
    /// <param name="logits">Logits of the model.</param>
    /// <param name="next">The token that came; −1: unknown.</param>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int next) =>
        Add(DivergenceKernel.Compare(KernelSets.Resolve(KernelSet.Auto), reference, logits, next), next >= 0);

    /// <summary>Adds the positions of a window: rows of both logits, compared on all threads, counted in order.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="reference">[positions, vocabulary].</param>
    /// <param name="logits">[positions, vocabulary].</param>
    /// <param name="next">The token that came after each position; −1: unknown.</param>
    public unsafe void AddAll(Engine.Workers workers, ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int[] next)
    {
        var rows = new RowDivergence[next.Length];
        var vocabulary = reference.Length / next.Length;
        var kernels = KernelSets.Resolve(KernelSet.Auto);
        fixed (float* r = reference, l = logits)
        {
            float* expected = r, got = l;
            workers.Run(next.Length, (i, _) =>
            {
                var at = (nint)i * vocabulary;
                rows[i] = DivergenceKernel.Compare(kernels, new(expected + at, vocabulary), new(got + at, vocabulary), next[i]);
            });
        }

        for (var i = 0; i < rows.Length; i++)
        {
            Add(rows[i], next[i] >= 0);
        }
    }

    private void Add(RowDivergence row, bool predicted)
    {
        _divergences.Add(row.Divergence);
        _agree += row.Agrees ? 1 : 0;
        if (predicted)
        {
            _predicted++;
            _nll += row.Nll;
            _referenceNll += row.ReferenceNll;
        }
    }
}
