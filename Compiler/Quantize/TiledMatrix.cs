namespace ModelPack.Compiler.Quantize;

/// <summary>
/// A quantised matrix of the tiled family, before it is encoded: what the quantiser gives, what the resident encoder
/// (<c>TiledEncoder</c>) and the entropy coder (<c>TiledSegmentEncoder</c>) take. W[i, j] ≈ step_i · c_j · q_ij, q in whole steps, or in half steps with a trellis.
/// </summary>
/// <remarks>
/// Positions: rows and columns are stored in the quantiser's order. Position p of a row is lane p mod 64 of row group p / 64; position j of a column
/// lies in block j / 64. A tile is one row group × one block. Padding (positions beyond the last row or column) holds zeros.
/// With a trellis (Ungerboeck, union codebook, 8 or 4 states; reference/quantiser.md "The resident form"), codes are half steps n:
/// n_j = 4·hi_j + 2·lsb_j + b_(j−1), where b_j are the branch bits, b_j = 0 before the first column, and lsb_j = b_j ⊕ b_(j−2) ⊕ b_(j−3) for 8 states, b_j ⊕ b_(j−2) for 4.
/// The path runs through all blocks of a row.
/// </remarks>
internal sealed class TiledMatrix
{
    public const int TileRows = 64;
    public const int TileColumns = 64;

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    /// <summary>1: scalar codes; 4 or 8: trellis states.</summary>
    public required int States { get; init; }

    /// <summary>[Rows]: source row at each position.</summary>
    public required int[] RowOrder { get; init; }

    /// <summary>[Columns]: source column at each position.</summary>
    public required int[] ColumnOrder { get; init; }

    /// <summary>[Rows] by position: step = 2^(e / <see cref="RowStepsPerOctave"/>) of a whole step.</summary>
    public required int[] RowExponents { get; init; }

    /// <summary>Resolution of <see cref="RowExponents"/>: 4, or 64 once steps are tuned.</summary>
    public int RowStepsPerOctave { get; init; } = 4;

    /// <summary>[Columns] by position: c = 2^(e / 8).</summary>
    public required int[] ColumnExponents { get; init; }

    /// <summary>[RowGroups]: class of the row group, in 1/4 octaves of the codes' σ.</summary>
    public required int[] RowClasses { get; init; }

    /// <summary>[Columns] by position: the table of a code is that of class RowClasses[group] + ColumnClasses[j], clamped.</summary>
    public required int[] ColumnClasses { get; init; }

    /// <summary>[RowGroups · Blocks]: bits of a resident code in the tile, 2 to 8 (with a trellis: hi and branch bit together). A code that does not fit is an escape.</summary>
    public required byte[] Widths { get; init; }

    /// <summary>[RowGroups, Columns, 64]: codes by group, column position and lane: steps k, or half steps n with a trellis.</summary>
    public required short[] Codes { get; init; }

    public int RowGroups => (Rows + TileRows - 1) / TileRows;

    public int Blocks => (Columns + TileColumns - 1) / TileColumns;

    /// <summary>Smallest and largest code that a tile of this width holds; with a trellis in half steps.</summary>
    public static (int Low, int High) Range(int width, int states) =>
        states == 1 ? (-(1 << (width - 1)), (1 << (width - 1)) - 1) : (-(1 << width), (1 << width) - 1);
}
