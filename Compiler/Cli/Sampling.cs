namespace ModelPack.Compiler.Cli;

/// <summary>What can be said of a row of logits.</summary>
internal static class Sampling
{
    /// <summary>Index of the largest; the lowest of several.</summary>
    public static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>log Σ e^logit, in double.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = logits[Best(logits)], sum = 0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        return max + Math.Log(sum);
    }
}
