using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Tuning;

/// <summary>Weights whose norm gains are others, and whose matrices' rows are multiplied by e^ρ.</summary>
internal sealed class TunedWeights(IWeightValues weights) : IWeightValues
{
    /// <summary>By the gain's name.</summary>
    public Dictionary<string, float[]> Gains { get; } = [];

    /// <summary>Logarithm of each row's factor, by the matrix's name.</summary>
    public Dictionary<string, float[]> RowLogs { get; } = [];

    public void ReadRow(WeightRef weight, int row, Span<float> values)
    {
        if (Gains.TryGetValue(weight.Name, out var gain))
        {
            gain.CopyTo(values);
            return;
        }

        weights.ReadRow(weight, row, values);
        if (RowLogs.TryGetValue(weight.Name, out var logs))
        {
            var factor = (float)DeterministicMath.Exp(logs[row]);
            foreach (ref var v in values)
            {
                v *= factor;
            }
        }
    }
}
