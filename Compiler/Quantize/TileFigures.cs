namespace ModelPack.Compiler.Quantize;

/// <summary>What the tiles of a matrix hold and do not hold.</summary>
internal static class TileFigures
{
    /// <summary>Bits of all tiles' planes, padding included.</summary>
    public static long Bits(TiledMatrix matrix) => matrix.Widths.Sum(w => (long)w) * TiledMatrix.TileRows * TiledMatrix.TileColumns;

    /// <summary>Codes outside their tile's range.</summary>
    public static long Escapes(TiledMatrix matrix) => EscapesByTile(matrix).Sum(e => (long)e);

    /// <summary>[groups, blocks]: codes outside the tile's range.</summary>
    public static int[] EscapesByTile(TiledMatrix matrix)
    {
        var escapes = new int[matrix.Widths.Length];
        for (var g = 0; g < matrix.RowGroups; g++)
        {
            for (var j = 0; j < matrix.Columns; j++)
            {
                var tile = (g * matrix.Blocks) + (j / TiledMatrix.TileColumns);
                var (low, high) = TiledMatrix.Range(matrix.Widths[tile], matrix.States);
                foreach (var n in matrix.Codes.AsSpan(((g * matrix.Columns) + j) * TiledMatrix.TileRows, TiledMatrix.TileRows))
                {
                    escapes[tile] += n < low || n > high ? 1 : 0;
                }
            }
        }

        return escapes;
    }
}
