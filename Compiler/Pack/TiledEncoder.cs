using ModelPack.Compiler.Quantize;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Packing;

/// <summary>Lays a quantised matrix out in the resident form of the tiled family (<see cref="TiledLayout"/>). The bytes depend on the matrix alone.</summary>
internal static class TiledEncoder
{
    /// <summary>The weight's resident format.</summary>
    public static WeightFormat Format(TiledMatrix matrix) => WeightFormat.TiledOf(matrix.States);

    /// <summary>The resident bytes.</summary>
    /// <exception cref="ModelPackException">MP3001: more than one tensor may have.</exception>
    /// <exception cref="InvalidOperationException">The quantiser's codes contradict themselves: not a path through the trellis, a width outside 2 … 8.</exception>
    public static byte[] Encode(TiledMatrix matrix)
    {
        if (matrix.Widths.FirstOrDefault(w => w is < 2 or > 8) is var wrong and not 0)
        {
            throw new InvalidOperationException($"A tile is {wrong} bits wide; expected 2 to 8.");
        }

        var escapes = TileEscapes.Of(matrix);
        var header = TiledLayout.HeaderBytes(matrix.Rows, matrix.Columns, escapes.Length);
        var bytes = header + matrix.Widths.Sum(w => (long)TiledLayout.TileBytes(w));
        if (bytes > Array.MaxLength)
        {
            throw new ModelPackException(CompilerCodes.TensorTooLarge, $"a tensor [{matrix.Rows}, {matrix.Columns}] takes {bytes} bytes; at most {Array.MaxLength} are possible in one tensor.");
        }

        var target = new byte[bytes];
        Header(matrix, escapes, target.AsSpan(0, (int)header));
        var at = (int)header;
        for (var group = 0; group < matrix.RowGroups; group++)
        {
            at = Group(matrix, group, target, at);
        }

        return target;
    }

    private static void Header(TiledMatrix matrix, ReadOnlySpan<TiledEscape> escapes, Span<byte> target)
    {
        var kinds = new byte[matrix.Widths.Length];
        for (var t = 0; t < kinds.Length; t++)
        {
            kinds[t] = (byte)(matrix.Widths[t] | (matrix.States == 1 ? 0 : TiledLayout.Trellis));
        }

        // Steps of the stored integers: half steps with a trellis.
        TiledHeader.Write(
            target,
            new(matrix.ColumnOrder, matrix.ColumnExponents, TiledLayout.ColumnStepsPerOctave),
            new(matrix.RowOrder, matrix.RowExponents, matrix.RowStepsPerOctave),
            matrix.States == 1 ? 0 : matrix.RowStepsPerOctave,
            kinds,
            escapes);
    }

    private static unsafe int Group(TiledMatrix matrix, int group, Span<byte> target, int at)
    {
        // The branch bits of each lane's path so far, the newest one in bit 0.
        Span<int> paths = stackalloc int[TiledLayout.GroupRows];
        for (var block = 0; block < matrix.Blocks; block++)
        {
            int width = matrix.Widths[(group * matrix.Blocks) + block], bytes = TiledLayout.TileBytes(width);
            fixed (byte* tile = target.Slice(at, bytes))
            {
                for (var column = 0; column < TiledLayout.BlockColumns; column++)
                {
                    var position = (block * TiledLayout.BlockColumns) + column;
                    for (var lane = 0; lane < TiledLayout.GroupRows; lane++)
                    {
                        var code = position < matrix.Columns ? matrix.Codes[((((long)group * matrix.Columns) + position) * TiledLayout.GroupRows) + lane] : (short)0;
                        var unit = tile + (((lane / GroupedLayout.RowGroupRows * 2) + (column / GroupedLayout.UnitColumns)) * GroupedLayout.QuadBytes * width);
                        int row = lane % GroupedLayout.RowGroupRows, place = column % GroupedLayout.UnitColumns;
                        if (matrix.States == 1)
                        {
                            GroupedCodes.SetCode(unit, width, row, place, Clamp(code, width) + (1 << (width - 1)));
                        }
                        else
                        {
                            var branch = position < matrix.Columns ? Branch(code, paths[lane], matrix.States) : 0;
                            GroupedCodes.SetCode(unit, width - 1, row, place, (Clamp(code >> 2, width - 1)) + (1 << (width - 2)));
                            GroupedCodes.SetCode(unit + (GroupedLayout.QuadBytes * (width - 1)), 1, row, place, branch);
                            paths[lane] = (paths[lane] << 1) | branch;
                        }
                    }
                }
            }

            at += bytes;
        }

        return at;
    }

    /// <summary>b_j from n_j and the branch bits before it.</summary>
    private static int Branch(int code, int path, int states)
    {
        var branch = ((code >> 1) ^ (path >> 1) ^ (states == 8 ? path >> 2 : 0)) & 1;
        return (code & 1) == (path & 1) && TrellisPath.Integer(code >> 2, branch, path, states) == code
            ? branch
            : throw new InvalidOperationException($"Code {code} after branch bits {Convert.ToString(path & 7, 2)} is not on a path of a trellis of {states} states.");
    }

    /// <summary>The nearest integer of this many bits.</summary>
    internal static int Clamp(int value, int bits) => Math.Clamp(value, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
}
