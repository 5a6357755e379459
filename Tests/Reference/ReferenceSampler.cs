namespace ModelPack.Tests.Reference;

/// <summary>Sampling in plain loops over fully sorted lists, as the papers have it, with Math.Exp.</summary>
internal static class ReferenceSampler
{
    /// <summary>Each distinct recent token once: a positive logit is divided, another multiplied (CTRL, section 4.1).</summary>
    public static float[] Penalise(float[] logits, IEnumerable<int> recent, float penalty)
    {
        var result = (float[])logits.Clone();
        foreach (var id in recent.Distinct())
        {
            result[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
        }

        return result;
    }

    /// <summary>The tokens that remain, with their probabilities, by id.</summary>
    public static SortedDictionary<int, double> Distribution(float[] logits, float temperature, int topK, float topP, float minP)
    {
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).ToList();
        double greatest = logits[order[0]];
        if (topK > 0)
        {
            order = order.Take(topK).ToList();
        }

        if (topP < 1)
        {
            var total = order.Sum(i => Math.Exp(logits[i] - greatest));
            var kept = new List<int>();
            var sum = 0.0;
            foreach (var i in order)
            {
                kept.Add(i);
                sum += Math.Exp(logits[i] - greatest);
                if (sum >= topP * total)
                {
                    break;
                }
            }

            order = kept;
        }

        if (minP > 0)
        {
            order = order.Where(i => Math.Exp(logits[i] - greatest) >= minP).ToList();
        }

        var weights = order.ToDictionary(i => i, i => Math.Exp((logits[i] - greatest) / temperature));
        var all = weights.Values.Sum();
        return new(weights.ToDictionary(p => p.Key, p => p.Value / all));
    }

    /// <summary>The first token, by id, at which the cumulative probability exceeds <paramref name="unit"/>.</summary>
    public static int Draw(SortedDictionary<int, double> distribution, double unit)
    {
        var sum = 0.0;
        foreach (var (id, probability) in distribution)
        {
            sum += probability;
            if (unit < sum)
            {
                return id;
            }
        }

        return distribution.Keys.Last();
    }
}
