using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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
        var lane = 0;
        for (; lane + 4 <= count && Sse.IsSupported; lane += 4)
        {
            FourRows(from + (lane * stride), stride, to + lane);
        }

        for (; lane < count; lane++)
        {
            float* row = from + (lane * stride), target = to + lane;
            for (var k = 0; k < K; k++)
            {
                target[(nint)k * Lanes] = row[k];
            }
        }
    }

    /// <summary>Squares of 4 × 4 in registers: four times as fast as one float after the other.</summary>
    private void FourRows(float* row, nint stride, float* to)
    {
        var k = 0;
        for (; k + 4 <= K; k += 4, row += 4, to += 4 * Lanes)
        {
            Vector128<float> a = Vector128.Load(row), b = Vector128.Load(row + stride), c = Vector128.Load(row + (2 * stride)), d = Vector128.Load(row + (3 * stride));
            Vector128<float> abLow = Sse.UnpackLow(a, b), abHigh = Sse.UnpackHigh(a, b), cdLow = Sse.UnpackLow(c, d), cdHigh = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(abLow, cdLow).Store(to);
            Sse.MoveHighToLow(cdLow, abLow).Store(to + Lanes);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(to + (2 * Lanes));
            Sse.MoveHighToLow(cdHigh, abHigh).Store(to + (3 * Lanes));
        }

        for (; k < K; k++, row++, to += Lanes)
        {
            (to[0], to[1], to[2], to[3]) = (row[0], row[stride], row[2 * stride], row[3 * stride]);
        }
    }
}
