using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>Where the engine takes a weight's values from: the file, or a quantised form of it.</summary>
internal interface IWeightValues
{
    /// <summary>One row as f32; callable from several threads.</summary>
    void ReadRow(WeightRef weight, int row, Span<float> values);
}

/// <summary>The model's own values.</summary>
internal sealed unsafe class SourceWeights(KernelSet kernels) : IWeightValues
{
    public void ReadRow(WeightRef weight, int row, Span<float> values)
    {
        if (weight.Values is not null)
        {
            weight.Values.AsSpan(row * weight.Columns, weight.Columns).CopyTo(values);
        }
        else if (weight.Source!.Encoding is F16)
        {
            // Vectorised: these are most of the weights of a reference model, read once per pass.
            fixed (byte* from = weight.Source.RowBytes(row))
            fixed (float* to = values)
            {
                LaneDispatch.Run(kernels, new Halves((nint)from, (nint)to, values.Length));
            }
        }
        else
        {
            weight.Source.DequantizeRow(row, values);
        }
    }

    private readonly struct Halves(nint from, nint to, int count) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            var i = 0;
            for (; i + Lanes.Count <= count; i += Lanes.Count)
            {
                L.Store(L.LoadF16((ushort*)from + i), (float*)to + i);
            }

            for (; i < count; i++)
            {
                ((float*)to)[i] = (float)((Half*)from)[i];
            }
        }
    }
}

/// <summary>Values of one weight, row by row.</summary>
internal interface IWeightRows
{
    /// <summary>Row <paramref name="row"/> as f32; callable from several threads.</summary>
    void Read(int row, Span<float> values);
}

/// <param name="values">[rows, columns].</param>
internal sealed class FloatRows(float[] values) : IWeightRows
{
    public void Read(int row, Span<float> to) => values.AsSpan(row * to.Length, to.Length).CopyTo(to);
}

/// <summary>Some weights replaced by others of the same shape (a quantised model); the rest as they were.</summary>
/// <param name="others">For weights that are not replaced.</param>
/// <param name="replaced">By the weight's name.</param>
internal sealed class ReplacedWeights(IWeightValues others, IReadOnlyDictionary<string, IWeightRows> replaced) : IWeightValues
{
    public void ReadRow(WeightRef weight, int row, Span<float> values)
    {
        if (replaced.TryGetValue(weight.Name, out var rows))
        {
            rows.Read(row, values[..weight.Columns]);
        }
        else
        {
            others.ReadRow(weight, row, values);
        }
    }
}
