using ModelPack.Kernels;

namespace ModelPack;

/// <summary>
/// The tokens that may still be drawn, by ascending id, with their logits and their weights (unnormalised probabilities). The order is always the same, so sums
/// have the same bits whichever way a filter found its tokens.
/// </summary>
internal sealed class Candidates(int capacity)
{
    public int[] Ids { get; } = new int[capacity];

    public float[] Logits { get; } = new float[capacity];

    /// <summary>Valid after <see cref="Weigh"/>.</summary>
    public double[] Weights { get; } = new double[capacity];

    /// <summary>Room for a filter's heap.</summary>
    public int[] Scratch { get; } = new int[capacity];

    public int Count { get; set; }

    /// <summary>All tokens.</summary>
    public void Fill(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(Logits);
        for (var id = 0; id < logits.Length; id++)
        {
            Ids[id] = id;
        }

        Count = logits.Length;
    }

    /// <summary>Weight of each candidate: e^((logit − greatest) / temperature).</summary>
    public void Weigh(float greatest, float temperature)
    {
        double t = temperature;
        for (var i = 0; i < Count; i++)
        {
            Weights[i] = DeterministicMath.Exp(((double)Logits[i] - greatest) / t);
        }
    }

    /// <summary>Sum of the weights in order.</summary>
    public double TotalWeight()
    {
        var total = 0.0;
        foreach (var weight in Weights.AsSpan(0, Count))
        {
            total += weight;
        }

        return total;
    }

    /// <summary>Whether the candidate at place <paramref name="a"/> goes before the one at <paramref name="b"/>: a greater logit, or the same and a lower id.</summary>
    public bool Before(int a, int b) => Logits[a] > Logits[b] || (Logits[a] == Logits[b] && a < b);

    /// <summary>Drops all candidates that come after the one at place <paramref name="last"/>.</summary>
    public void KeepUpTo(int last)
    {
        var (logit, kept) = (Logits[last], 0);
        for (var i = 0; i < Count; i++)
        {
            if (Logits[i] > logit || (Logits[i] == logit && i <= last))
            {
                Ids[kept] = Ids[i];
                Weights[kept] = Weights[i];
                Logits[kept++] = Logits[i];
            }
        }

        Count = kept;
    }

    /// <summary>Drops all candidates whose weight is less than <paramref name="least"/>.</summary>
    public void KeepFrom(double least)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Weights[i] >= least)
            {
                Ids[kept] = Ids[i];
                Weights[kept] = Weights[i];
                Logits[kept++] = Logits[i];
            }
        }

        Count = kept;
    }

    /// <summary>The token at <paramref name="unit"/> ∈ [0, 1) of the total weight. A weight of 0 is never drawn.</summary>
    public int Draw(double unit)
    {
        var (target, sum, last) = (unit * TotalWeight(), 0.0, 0);
        for (var i = 0; i < Count; i++)
        {
            sum += Weights[i];
            if (target < sum)
            {
                return Ids[i];
            }

            last = Weights[i] > 0 ? i : last;
        }

        return Ids[last];
    }
}
