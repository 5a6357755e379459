using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Tuning;

/// <summary>Gradients of a loss at norm gains (Σ dy·y / gain) and at the logarithms of row factors (Σ dy·y): no product with the weights is needed.</summary>
internal sealed unsafe class TuningGradients(TunedWeights tuned) : ITapeObserver
{
    public Dictionary<string, float[]> Gains { get; } = [];

    public Dictionary<string, float[]> RowLogs { get; } = [];

    public void NormGradient(Tape tape, WeightRef gain, float* output, float* gradient)
    {
        if (tuned.Gains.TryGetValue(gain.Name, out var values))
        {
            Add(tape, Slot(Gains, gain.Name, gain.Columns), output, gradient, values, tape.Tokens);
        }
    }

    public void LinearOutputGradient(Tape tape, WeightRef matrix, float* gradient, float* output, int rows)
    {
        if (tuned.RowLogs.ContainsKey(matrix.Name))
        {
            Add(tape, Slot(RowLogs, matrix.Name, matrix.Rows), output, gradient, null, rows);
        }
    }

    private static float[] Slot(Dictionary<string, float[]> slots, string name, int length)
    {
        if (!slots.TryGetValue(name, out var slot))
        {
            slots.Add(name, slot = new float[length]);
        }

        return slot;
    }

    /// <summary>to[i] += Σ_t y·dy, over the divisor where there is one; tokens in order.</summary>
    private static void Add(Tape tape, float[] to, float* y, float* dy, float[]? divisors, int rows)
    {
        var width = to.Length;
        tape.Workers.Ranges(width, 64, (first, end, _) =>
        {
            for (var i = first; i < end; i++)
            {
                float* a = y + i, b = dy + i;
                float sum = 0;
                for (var t = 0; t < rows; t++, a += width, b += width)
                {
                    sum = MathF.FusedMultiplyAdd(*a, *b, sum);
                }

                // Behind a gain of zero nothing can be told of what was before it.
                to[i] += divisors is null ? sum : divisors[i] == 0 ? 0 : sum / divisors[i];
            }
        });
    }
}
