using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Kernels of the tiled family on every rung; one instance each for scalar codes and for trellises of 4 and 8 states.</summary>
internal sealed unsafe class TiledKernel(int states) : MatrixKernel
{
    public override WeightFormat Format { get; } = WeightFormat.TiledOf(states);

    public override bool UsesInt8 => true;

    /// <summary>A sub-group, so that work divides evenly: many tensors have few row groups.</summary>
    public override int RowsPerBlock => GroupedLayout.RowGroupRows;

    public override long Bytes(int rows, int columns) => throw new NotSupportedException("The size of a tiled weight depends on its tiles' widths.");

    public override bool IsPossible(int rows, int columns, long bytes) => TiledLayout.IsPossible(rows, columns, bytes);

    public override TiledView Open(string name, byte* data, long bytes, int rows, int columns) => new(name, data, bytes, rows, columns, Format.States);

    public override long ScratchBytes(int columns) => TiledGemm.ScratchBytes(columns);

    public override void MultiplyInt8(in MatrixCall call, QuantizedActivations x, int firstBlock, int endBlock, byte* scratch)
    {
        // The guards are constants where a binary was compiled without an instruction set: that rung is not in it.
        switch (call.Kernels)
        {
            case KernelSet.Avx512 when Avx512BW.IsSupported:
                Int8<Avx512Rung, Avx512Lanes>(call, x, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AvxVnni when AvxVnni.IsSupported:
                Int8<AvxVnniRung, Avx2Lanes>(call, x, firstBlock, endBlock, scratch);
                break;
            case KernelSet.Avx2 when Avx2.IsSupported:
                Int8<Avx2Rung, Avx2Lanes>(call, x, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AdvSimd when Dp.IsSupported:
                Int8<AdvSimdRung, AdvSimdLanes>(call, x, firstBlock, endBlock, scratch);
                break;
            default:
                Int8<ScalarRung, ScalarLanes>(call, x, firstBlock, endBlock, scratch);
                break;
        }
    }

    public override void MultiplyFloat(in MatrixCall call, float* x, int xStride, int firstBlock, int endBlock, byte* scratch)
    {
        switch (call.Kernels)
        {
            case KernelSet.Avx512 when Avx512BW.IsSupported:
                TiledFloat.Run<Avx512Rung, Avx512Lanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AvxVnni or KernelSet.Avx2 when Avx2.IsSupported:
                TiledFloat.Run<Avx2Rung, Avx2Lanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AdvSimd when Dp.IsSupported:
                TiledFloat.Run<AdvSimdRung, AdvSimdLanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            default:
                TiledFloat.Run<ScalarRung, ScalarLanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
        }
    }

    public override void Dequantize(byte* weight, int rows, int columns, int row, float* values, TiledView? tiled = null) => TiledRow.Dequantize(tiled!, row, values);

    private static void Int8<R, L>(in MatrixCall call, QuantizedActivations x, int firstBlock, int endBlock, byte* scratch)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
    {
        if (call.Tokens < 2 * R.TileTokens)
        {
            for (var t = 0; t < call.Tokens; t++)
            {
                TiledGemv.Run<R>(call, x, t, firstBlock, endBlock);
            }
        }
        else
        {
            TiledGemm.Run<R, L>(call, x, firstBlock, endBlock, scratch);
        }
    }
}
