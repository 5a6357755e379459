using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// The gradient of the loss at the logits with labels drawn from the model itself (the Fisher information, not the text's): p − 1_y; and the mean of p(1 − p),
/// which is what the squared gradient of each logit is on average.
/// </summary>
internal sealed unsafe class SampledLabels(int vocabulary, ulong seed)
{
    private readonly double[] _spread = new double[vocabulary];
    private long _tokens;

    /// <summary>Turns logits into gradients.</summary>
    /// <param name="engine">Threads and kernels.</param>
    /// <param name="logits">[tokens, vocabulary].</param>
    /// <param name="tokens">How many.</param>
    /// <param name="firstToken">Index of the first among all tokens: decides the labels together with the seed.</param>
    public void Apply(GraphEngine engine, float* logits, int tokens, long firstToken)
    {
        var kernels = engine.Kernels;
        engine.Workers.Ranges(tokens, 4, (first, end, _) =>
        {
            for (var t = first; t < end; t++)
            {
                LaneDispatch.Run(kernels, new SoftmaxRow((nint)(logits + ((nint)t * vocabulary)), vocabulary));
            }
        });
        engine.Workers.Ranges(vocabulary, 1024, (first, end, _) =>
        {
            for (var i = first; i < end; i++)
            {
                var p = logits + i;
                float sum = 0;
                for (var t = 0; t < tokens; t++, p += vocabulary)
                {
                    sum += *p * (1f - *p);
                }

                _spread[i] += sum;
            }
        });
        _tokens += tokens;
        engine.Workers.Ranges(tokens, 4, (first, end, _) =>
        {
            for (var t = first; t < end; t++)
            {
                var row = logits + ((nint)t * vocabulary);
                row[Draw(row, firstToken + t)] -= 1f;
            }
        });
    }

    /// <summary>Mean p(1 − p) of each token of the vocabulary.</summary>
    public float[] Spread() => [.. _spread.Select(s => (float)(s / _tokens))];

    /// <summary>A token drawn by its probability.</summary>
    private int Draw(float* p, long token)
    {
        var state = unchecked(seed + (ulong)token);
        var u = (Xoshiro256.SplitMix64(ref state) >> 11) * (1.0 / (1UL << 53));
        double sum = 0;
        var last = 0;
        for (var i = 0; i < vocabulary; i++)
        {
            sum += p[i];
            last = p[i] > 0 ? i : last;
            if (sum > u)
            {
                return i;
            }
        }

        // Probabilities are rounded: their sum may end a little below 1.
        return last;
    }

    private readonly struct SoftmaxRow(nint row, int count) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L> => SoftmaxKernel.Run<L>((float*)row, count, 1f);
    }
}
