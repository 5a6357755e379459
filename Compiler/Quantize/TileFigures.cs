namespace ModelPack.Compiler.Quantize;

/// <summary>What the tiles of a matrix hold and do not hold.</summary>
internal static class TileFigures
{
    /// <summary>Bits of all tiles' planes, padding included.</summary>
    public static long Bits(TiledMatrix matrix) => matrix.Widths.Sum(w => (long)w) * TiledMatrix.TileRows * TiledMatrix.TileColumns;

    /// <summary>Codes outside their tile's range.</summary>
    public static long Escapes(TiledMatrix matrix)
    {
        long escapes = 0;
        for (var g = 0; g < matrix.RowGroups; g++)
        {
            for (var j = 0; j < matrix.Columns; j++)
            {
                var (low, high) = TiledMatrix.Range(matrix.Widths[(g * matrix.Blocks) + (j / TiledMatrix.TileColumns)], matrix.States);
                foreach (var n in matrix.Codes.AsSpan(((g * matrix.Columns) + j) * TiledMatrix.TileRows, TiledMatrix.TileRows))
                {
                    escapes += n < low || n > high ? 1 : 0;
                }
            }
        }

        return escapes;
    }
}
