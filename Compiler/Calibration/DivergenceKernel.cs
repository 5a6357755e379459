using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration;

/// <summary>How a row of logits differs from a reference's.</summary>
/// <param name="Divergence">KL(reference ‖ model) in nats.</param>
/// <param name="Agrees">Whether both have the same best token.</param>
/// <param name="Nll">−log p of the token that came, by the model; 0 where it is unknown.</param>
/// <param name="ReferenceNll">The same by the reference.</param>
internal readonly record struct RowDivergence(double Divergence, bool Agrees, double Nll, double ReferenceNll);

/// <summary>
/// Compares rows of logits: log-softmax over a vocabulary, over the 16 lanes in f32 for some hundred entries at a time and in f64 from there. Equal logits have divergence 0 exactly;
/// the same bits on every processor.
/// </summary>
internal static unsafe class DivergenceKernel
{
    /// <summary>Entries summed in f32.</summary>
    private const int Block = 512;

    /// <param name="kernels">Rung.</param>
    /// <param name="reference">[vocabulary].</param>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="next">The token that came; −1: unknown.</param>
    public static RowDivergence Compare(KernelSet kernels, ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int next)
    {
        fixed (float* r = reference, l = logits)
        {
            double divergence, referenceSum, sum;
            LaneDispatch.Run(kernels, new Row((nint)r, (nint)l, reference.Length, (nint)(&divergence), (nint)(&referenceSum), (nint)(&sum)));
            return new(
                Math.Max(divergence, 0),
                Best(reference) == Best(logits),
                next < 0 ? 0 : sum - logits[next],
                next < 0 ? 0 : referenceSum - reference[next]);
        }
    }

    /// <summary>Index of the largest; the lowest of several.</summary>
    private static int Best(ReadOnlySpan<float> logits)
    {
        var max = float.NegativeInfinity;
        var best = 0;
        for (var start = 0; start < logits.Length; start += Block)
        {
            var block = logits.Slice(start, Math.Min(Block, logits.Length - start));
            var blockMax = Max(block);
            if (blockMax > max)
            {
                max = blockMax;
                best = start + block.IndexOf(blockMax);
            }
        }

        return best;
    }

    private static float Max(ReadOnlySpan<float> block)
    {
        var max = block[0];
        foreach (var v in block)
        {
            max = Math.Max(max, v);
        }

        return max;
    }

    private readonly struct Row(nint reference, nint logits, int count, nint divergence, nint referenceSum, nint sum) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            float* r = (float*)reference, l = (float*)logits;
            float maxR = Engine.SoftmaxKernel.Max<L>(r, count), maxL = Engine.SoftmaxKernel.Max<L>(l, count);
            double sumR = 0, sumL = 0, weighted = 0;
            for (var start = 0; start < count; start += Block)
            {
                Add<L>(r + start, l + start, Math.Min(Block, count - start), maxR, maxL, ref sumR, ref sumL, ref weighted);
            }

            // Σ p (r − l) with p = e^(r − max) / sumR; then minus the difference of the two normalisers.
            double normR = maxR + DeterministicLog.Of(sumR), normL = maxL + DeterministicLog.Of(sumL);
            *(double*)divergence = (weighted / sumR) - (normR - normL);
            *(double*)referenceSum = normR;
            *(double*)sum = normL;
        }

        private static void Add<L>(float* r, float* l, int count, float maxR, float maxL, ref double sumR, ref double sumL, ref double weighted)
            where L : struct, ILanes<L>
        {
            L shiftR = L.Broadcast(maxR), shiftL = L.Broadcast(maxL), zero = L.Broadcast(0f), sr = zero, sl = zero, sw = zero;
            var i = 0;
            for (; i + Lanes.Count <= count; i += Lanes.Count)
            {
                L x = L.Load(r + i), y = L.Load(l + i), e = Lanes.Exp(L.Subtract(x, shiftR));
                sr = L.Add(sr, e);
                sl = L.Add(sl, Lanes.Exp(L.Subtract(y, shiftL)));
                sw = L.Madd(e, L.Subtract(x, y), sw);
            }

            sumR += L.Sum(sr);
            sumL += L.Sum(sl);
            weighted += L.Sum(sw);
            for (; i < count; i++)
            {
                var e = DeterministicMath.Exp(r[i] - maxR);
                sumR += e;
                sumL += DeterministicMath.Exp(l[i] - maxL);
                weighted += e * (r[i] - l[i]);
            }
        }
    }
}
