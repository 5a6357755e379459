using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// One operand of a product in the order in which a <see cref="IGemmTile"/> reads it: panels of a tile's rows (or columns), [panel][k][lane], the last one filled up with zeros.
/// </summary>
internal sealed unsafe class Panels : IDisposable
{
    private NativeBuffer _buffer = new(0);

    /// <summary>Rows (left operand) or columns (right operand) of the product.</summary>
    public int Count { get; private set; }

    /// <summary>Length of the sums.</summary>
    public int K { get; private set; }

    /// <summary>Rows or columns in a panel.</summary>
    public int Lanes { get; private set; }

    public int PanelCount => (Count + Lanes - 1) / Lanes;

    public float* Panel(int index) => _buffer.Floats + ((nint)index * K * Lanes);

    /// <summary>Makes room; memory is kept from use to use.</summary>
    public void Reset(int count, int k, int lanes)
    {
        (Count, K, Lanes) = (count, k, lanes);
        var bytes = (long)PanelCount * lanes * k * sizeof(float);
        if (bytes > _buffer.Bytes)
        {
            _buffer.Dispose();
            _buffer = new(bytes);
        }
    }

    /// <summary>Fills one panel from a view whose rows are this operand's lanes.</summary>
    public void Fill(in MatrixView lanes, int panel)
    {
        var first = panel * Lanes;
        var count = Math.Min(Lanes, Count - first);
        var from = lanes.Data + (first * lanes.RowStride);
        var to = Panel(panel);
        if (count < Lanes)
        {
            new Span<float>(to, K * Lanes).Clear();
        }

        if (lanes.RowStride == 1)
        {
            Copy(from, lanes.ColumnStride, to, count);
        }
        else
        {
            Transpose(from, lanes.RowStride, to, count);
        }
    }

    public void Dispose() => _buffer.Dispose();

    private void Copy(float* from, nint stride, float* to, int count)
    {
        for (var k = 0; k < K; k++, from += stride, to += Lanes)
        {
            new ReadOnlySpan<float>(from, count).CopyTo(new(to, count));
        }
    }

    private void Transpose(float* from, nint stride, float* to, int count)
    {
        // In blocks that stay in the first-level cache.
        const int Block = 16;
        for (var k0 = 0; k0 < K; k0 += Block)
        {
            var end = Math.Min(K, k0 + Block);
            for (var lane = 0; lane < count; lane++)
            {
                float* row = from + (lane * stride), target = to + lane;
                for (var k = k0; k < end; k++)
                {
                    target[(nint)k * Lanes] = row[k];
                }
            }
        }
    }
}
