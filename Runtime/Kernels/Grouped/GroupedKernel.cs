using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Kernels of one format of the grouped family on every rung.</summary>
internal sealed unsafe class GroupedKernel<F> : MatrixKernel
    where F : struct, IGroupedForm
{
    public override WeightFormat Format { get; } = new(
        WeightFamily.Grouped,
        CodeBits: (byte)F.CodeBits,
        GroupColumns: (ushort)F.GroupColumns,
        Scale: F.Scale,
        HasMinimum: F.HasMinimum,
        Offset: (byte)F.Offset,
        Codebook: F.Codebook);

    public override bool UsesInt8 => true;

    public override int RowsPerBlock => GroupedLayout.RowGroupRows;

    public override long Bytes(int rows, int columns) => new GroupedLayout(Format, rows, columns).TotalBytes;

    public override long ScratchBytes(int columns) => GroupedGemm.ScratchBytes(columns);

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
                Float<Avx512Rung, Avx512Lanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AvxVnni or KernelSet.Avx2 when Avx2.IsSupported:
                Float<Avx2Rung, Avx2Lanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            case KernelSet.AdvSimd when Dp.IsSupported:
                Float<AdvSimdRung, AdvSimdLanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
            default:
                Float<ScalarRung, ScalarLanes>(call, x, xStride, firstBlock, endBlock, scratch);
                break;
        }
    }

    public override void Dequantize(byte* weight, int rows, int columns, int row, float* values, TiledView? tiled = null)
    {
        var layout = new GroupedLayout(Format, rows, columns);
        var lane = row % GroupedLayout.RowGroupRows;
        var p = weight + (row / GroupedLayout.RowGroupRows * layout.RowGroupBytes);
        var lanes = stackalloc float[4 * Lanes.Count];
        GroupScales<ScalarLanes, F> g = default;
        for (var u = 0; u < layout.Units; u++)
        {
            p = g.Read(p, u);
            ScalarLanes.Store(g.Scale0, lanes);
            ScalarLanes.Store(g.Scale1, lanes + 16);
            ScalarLanes.Store(g.Minimum0, lanes + 32);
            ScalarLanes.Store(g.Minimum1, lanes + 48);
            for (var c = 0; c < GroupedLayout.UnitColumns && (32 * u) + c < columns; c++)
            {
                var part = F.GroupColumns == 16 && c >= 16 ? 16 : 0;
                values[(32 * u) + c] = MathF.FusedMultiplyAdd(lanes[part + lane], GroupedCodes.Value<F>(p, lane, c), F.HasMinimum ? lanes[32 + part + lane] : 0f);
            }

            p += 64 * F.CodeBits;
        }
    }

    private void Int8<R, L>(in MatrixCall call, QuantizedActivations x, int firstBlock, int endBlock, byte* scratch)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
    {
        var layout = new GroupedLayout(Format, call.Rows, call.Columns);
        if (call.Tokens < 2 * R.TileTokens)
        {
            for (var t = 0; t < call.Tokens; t++)
            {
                GroupedGemv.Run<R, L, F>((byte*)call.Weight, layout, firstBlock, endBlock, x, t, (float*)call.Y + ((nint)t * call.YStride), call.Accumulate, scratch);
            }
        }
        else
        {
            GroupedGemm.Run<R, L, F>((byte*)call.Weight, layout, firstBlock, endBlock, x, call.Tokens, (float*)call.Y, call.YStride, call.Accumulate, scratch);
        }
    }

    private void Float<R, L>(in MatrixCall call, float* x, int xStride, int firstBlock, int endBlock, byte* scratch)
        where R : struct, IDotRung
        where L : struct, ILanes<L> => GroupedFloat.Run<R, L, F>(
            (byte*)call.Weight, new(Format, call.Rows, call.Columns), firstBlock, endBlock, x, xStride, call.Tokens, (float*)call.Y, call.YStride, call.Accumulate, scratch);
}
