namespace ModelPack.Compiler.Quantize;

/// <summary>
/// The width of each tile of a row group, from codes that were rounded without bounds: that which minimises the price of its bits and of the codes beyond,
/// each of which is clamped or kept as an escape, whichever is cheaper.
/// </summary>
internal static class TileWidths
{
    private const int Lanes = TiledMatrix.TileRows;

    /// <param name="codes">[columns, 64] whole steps.</param>
    /// <param name="rows">Rows of the group, up to 64.</param>
    /// <param name="rowCost">[64]: divergence of an error of one step, beside <paramref name="columnCost"/>.</param>
    /// <param name="columnCost">[columns]: c² h.</param>
    /// <param name="bitPrice">μ: price of a resident bit.</param>
    /// <param name="escapePrice">Price of an escape.</param>
    /// <param name="widths">[blocks]: the result.</param>
    public static void Choose(ReadOnlySpan<short> codes, int rows, ReadOnlySpan<double> rowCost, ReadOnlySpan<double> columnCost, double bitPrice, double escapePrice, Span<byte> widths)
    {
        Span<double> beyond = stackalloc double[RoundingOptions.WidestTile + 1];
        for (var b = 0; b < widths.Length; b++)
        {
            beyond.Clear();
            var end = Math.Min((b + 1) * TiledMatrix.TileColumns, columnCost.Length);
            for (var j = b * TiledMatrix.TileColumns; j < end; j++)
            {
                AddColumn(codes.Slice(j * Lanes, rows), rowCost, columnCost[j], escapePrice, beyond);
            }

            // Padding is stored, too.
            var best = RoundingOptions.NarrowestTile;
            for (var w = best + 1; w <= RoundingOptions.WidestTile; w++)
            {
                double Price(int width, double outside) => outside + (bitPrice * width * TiledMatrix.TileRows * TiledMatrix.TileColumns);
                best = Price(w, beyond[w]) < Price(best, beyond[best]) ? w : best;
            }

            widths[b] = (byte)best;
        }
    }

    /// <summary>The narrowest widths that hold all codes.</summary>
    /// <param name="codes">[groups, columns, 64] of at most eight bits.</param>
    /// <param name="groups">Row groups.</param>
    /// <param name="columns">Columns.</param>
    public static byte[] Holding(ReadOnlySpan<short> codes, int groups, int columns)
    {
        var blocks = (columns + TiledMatrix.TileColumns - 1) / TiledMatrix.TileColumns;
        var widths = new byte[groups * blocks];
        for (var t = 0; t < widths.Length; t++)
        {
            int first = t % blocks * TiledMatrix.TileColumns, last = Math.Min(first + TiledMatrix.TileColumns, columns), bits = 0;
            foreach (var k in codes[(((t / blocks * columns) + first) * Lanes)..(((t / blocks * columns) + last) * Lanes)])
            {
                bits |= k ^ (k >> 15);
            }

            widths[t] = (byte)Math.Max(RoundingOptions.NarrowestTile, 33 - System.Numerics.BitOperations.LeadingZeroCount((uint)bits));
        }

        return widths;
    }

    private static void AddColumn(ReadOnlySpan<short> codes, ReadOnlySpan<double> rowCost, double columnCost, double escapePrice, Span<double> beyond)
    {
        for (var i = 0; i < codes.Length; i++)
        {
            // −k − 1 and k need the same width.
            var magnitude = codes[i] ^ (codes[i] >> 15);
            for (int w = RoundingOptions.NarrowestTile, largest; w <= RoundingOptions.WidestTile && magnitude > (largest = (1 << (w - 1)) - 1); w++)
            {
                double excess = magnitude - largest;
                beyond[w] += Math.Min(excess * excess * rowCost[i] * columnCost, escapePrice);
            }
        }
    }
}
