using ModelPack.Compiler.Quantize;
using ModelPack.Formats;

namespace ModelPack.Compiler.Packing;

/// <summary>The codes of a matrix that their tile's width does not hold, tile by tile, in each by lane and column.</summary>
internal static class TileEscapes
{
    public static TiledEscape[] Of(TiledMatrix matrix)
    {
        var escapes = new List<TiledEscape>();
        for (var group = 0; group < matrix.RowGroups; group++)
        {
            for (var block = 0; block < matrix.Blocks; block++)
            {
                Tile(matrix, group, block, escapes);
            }
        }

        return [.. escapes];
    }

    private static void Tile(TiledMatrix matrix, int group, int block, List<TiledEscape> escapes)
    {
        var first = block * TiledLayout.BlockColumns;
        var count = Math.Min(TiledLayout.BlockColumns, matrix.Columns - first);
        var (low, high) = TiledMatrix.Range(matrix.Widths[(group * matrix.Blocks) + block], matrix.States);
        var tile = matrix.Codes.AsSpan(((group * matrix.Columns) + first) * TiledLayout.GroupRows, count * TiledLayout.GroupRows);
        if (!tile.ContainsAnyExceptInRange((short)low, (short)high))
        {
            return;
        }

        for (var lane = 0; lane < TiledLayout.GroupRows; lane++)
        {
            for (var column = 0; column < count; column++)
            {
                int code = tile[(column * TiledLayout.GroupRows) + lane];
                if (code < low || code > high)
                {
                    escapes.Add(TiledEscape.Of(group, block, lane, column, (short)(code - Stored(code, low, high, matrix.States))));
                }
            }
        }
    }

    /// <summary>What the planes hold instead: the nearest code that fits; with a trellis the nearest with the same lower bits, which belong to the path.</summary>
    private static int Stored(int code, int low, int high, int states) =>
        states == 1 ? Math.Clamp(code, low, high) : (4 * Math.Clamp(code >> 2, low >> 2, high >> 2)) + (code & 3);
}
