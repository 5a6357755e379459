using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Profiles;

/// <summary>A weight of the plain or the grouped family: rows or row groups one after the other.</summary>
internal sealed unsafe class RowWeight(MatrixKernel kernel) : SyntheticWeight(kernel)
{
    public override string Name => $"{(Kernel.Format.Family == WeightFamily.Plain ? "plain" : "grouped")} {Kernel.Format}";

    public override DecodeKind Kind => new(Kernel.Format, 0);

    public override int PieceRows => Kernel.RowsPerBlock;

    public override long Bytes(int rows, int columns) => Kernel.Bytes(rows, columns);

    /// <summary>Bytes that are normal numbers wherever a format reads a scale from them, be it a byte, f16, bf16 or f32: subnormal numbers and NaN have speeds of their own.</summary>
    public override void Fill(byte* to, int rows, int columns)
    {
        var piece = Kernel.Bytes(PieceRows, columns);
        var bytes = new Span<byte>(to, checked((int)piece));
        new Random(2).NextBytes(bytes);
        foreach (ref var b in bytes)
        {
            b = (byte)(0x28 + (b & 0x0f));
        }

        Repeat(to, piece, Bytes(rows, columns));
    }
}
