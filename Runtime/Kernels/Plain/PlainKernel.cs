using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Kernels of one element type of the plain family on every rung.</summary>
internal sealed unsafe class PlainKernel<E> : MatrixKernel
    where E : struct, IPlainElements
{
    public override WeightFormat Format { get; } = WeightFormat.PlainOf(E.Type);

    public override bool UsesInt8 => false;

    public override int RowsPerBlock => 4;

    public override long Bytes(int rows, int columns) => (long)rows * columns * E.Bytes;

    public override long ScratchBytes(int columns) => 0;

    public override void MultiplyInt8(in MatrixCall call, QuantizedActivations x, int firstBlock, int endBlock, byte* scratch) =>
        throw new NotSupportedException("Plain weights are multiplied with f32 activations.");

    public override void MultiplyFloat(in MatrixCall call, float* x, int xStride, int firstBlock, int endBlock, byte* scratch) =>
        LaneDispatch.Run(call.Kernels, new FloatAction(call, (nint)x, xStride, firstBlock * RowsPerBlock, Math.Min(endBlock * RowsPerBlock, call.Rows)));

    public override void Dequantize(byte* weight, int rows, int columns, int row, float* values, TiledView? tiled = null)
    {
        var p = weight + ((long)row * columns * E.Bytes);
        for (var j = 0; j < columns; j++)
        {
            values[j] = E.One(p + ((long)j * E.Bytes));
        }
    }

    private readonly struct FloatAction(MatrixCall call, nint x, int xStride, int firstRow, int endRow) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L> => PlainGemm.Run<L, E>(
                (byte*)call.Weight, call.Columns, firstRow, endRow, (float*)x, xStride, call.Tokens, (float*)call.Y, call.YStride, call.Accumulate);
    }
}
