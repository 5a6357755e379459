using ModelPack.Compiler.Ir;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>The matrices of the segment at hand as packed right operands: expanded to f32 once for all windows, dropped with the segment.</summary>
internal sealed unsafe class MatrixCache(IWeightValues values, Gemm gemm, Workers workers) : IDisposable
{
    private readonly Dictionary<(WeightRef Weight, bool Backward), Panels> _panels = [];
    private readonly Dictionary<WeightRef, float[]> _vectors = new(ReferenceEqualityComparer.Instance);

    /// <summary>Wᵀ as a right operand: y = x Wᵀ.</summary>
    public Panels Forward(WeightRef weight) => Get(weight, backward: false);

    /// <summary>W as a right operand: dx = dy W.</summary>
    public Panels Backward(WeightRef weight) => Get(weight, backward: true);

    /// <summary>A gain, a bias, frequencies.</summary>
    public float[] Vector(WeightRef weight)
    {
        if (!_vectors.TryGetValue(weight, out var vector))
        {
            vector = new float[weight.Columns];
            values.ReadRow(weight, 0, vector);
            _vectors.Add(weight, vector);
        }

        return vector;
    }

    /// <summary>One row, read each time: look-ups in an embedding.</summary>
    public void Row(WeightRef weight, int row, Span<float> to) => values.ReadRow(weight, row, to);

    public void Clear()
    {
        foreach (var panels in _panels.Values)
        {
            panels.Dispose();
        }

        _panels.Clear();
        _vectors.Clear();
    }

    public void Dispose() => Clear();

    private Panels Get(WeightRef weight, bool backward)
    {
        if (_panels.TryGetValue((weight, backward), out var panels))
        {
            return panels;
        }

        using var floats = new NativeBuffer((long)weight.Rows * weight.Columns * sizeof(float));
        var data = floats.Floats;
        workers.Ranges(weight.Rows, 64, (first, end, _) =>
        {
            for (var row = first; row < end; row++)
            {
                values.ReadRow(weight, row, new(data + ((nint)row * weight.Columns), weight.Columns));
            }
        });
        var view = new MatrixView(data, weight.Rows, weight.Columns);
        panels = gemm.PackRight(workers, backward ? view : view.Transposed);
        _panels.Add((weight, backward), panels);
        return panels;
    }
}
