namespace ModelPack.Formats;

/// <summary>
/// Byte layout of a resident weight of the tiled family. W[i, j] ≈ step_i · c_j · q_ij.
/// </summary>
/// <remarks>
/// <para>64 rows are a <em>row group</em>, 64 columns a <em>block</em>, both in the quantiser's order and padded; a tile is one group × one block and has one width.
/// Sections follow one another, each padded with zeros to 64 bytes:</para>
/// <code>
///   columns  i32 order[64·blocks]   source column at each position, −1: padding
///            f32 scale[64·blocks]   c_j, 0: padding
///   rows     i32 order[64·groups]   source row at each position, −1: padding
///            f32 step[64·groups]    step_i of the stored integers (half of a whole step with a trellis), 0: padding
///   tiles    u8  kind[groups·blocks]        low nibble: width 2 … 8; bit 7: trellis
///   escapes  u32 start[groups·blocks + 1]   first escape of each tile
///            { u8 lane, u8 column, i16 delta }[]   true integer = stored integer + delta; in each tile ascending by lane, then column
///   codes    group after group, block after block, in a tile four sub-groups of 16 rows, in each two units of 32 columns: planes as in <see cref="GroupedLayout"/>
/// </code>
/// <para>A scalar tile of width w holds codes k + 2^(w−1) in planes of w bits. A trellis tile holds hi + 2^(w−2) in planes of w − 1 bits (1 bit: one vector, bit j
/// belonging to quad j), then the branch bits b in one vector of 64 bytes, bit j belonging to quad j: n = 4·hi + 2·lsb + b_(j−1).</para>
/// <para>A trellis weight is <em>compact</em> where all its tiles are trellis tiles; <em>expanded</em> where those of width w ≤ 7 are scalar tiles of n, of width w + 1,
/// which takes a bit more of memory and less arithmetic. The header is the same but for the kinds, and so are all integers.</para>
/// </remarks>
internal static class TiledLayout
{
    public const int GroupRows = 64;
    public const int BlockColumns = 64;

    /// <summary>Bit of a tile's kind that says trellis.</summary>
    public const byte Trellis = 0x80;

    /// <summary>Sub-groups of 16 rows in a row group.</summary>
    public const int SubGroups = GroupRows / GroupedLayout.RowGroupRows;

    public const int EscapeBytes = 4;

    /// <summary>Largest width that there are kernels for.</summary>
    public const int MaxWidth = 8;

    /// <summary>Kind of a tile of a trellis weight.</summary>
    /// <param name="width">In compact form, 2 to 8.</param>
    /// <param name="expanded">Whether it becomes a scalar tile, if it can: at width 8 its integers have 9 bits.</param>
    public static byte TrellisKind(int width, bool expanded) => (byte)(expanded && width < MaxWidth ? width + 1 : width | Trellis);

    /// <summary>Most bytes of a weight in expanded form; exactly those where no tile has width 8.</summary>
    public static long MostExpandedBytes(int rows, int columns, long compact) => compact + ((long)Groups(rows) * Blocks(columns) * TileBytes(1));

    /// <summary>Bytes of a tile's planes: 4 sub-groups × 2 units × 64 · width.</summary>
    public static int TileBytes(int width) => 8 * 64 * width;

    public static int Groups(int rows) => (int)(((long)rows + GroupRows - 1) / GroupRows);

    public static int Blocks(int columns) => (int)(((long)columns + BlockColumns - 1) / BlockColumns);

    /// <summary>A section's bytes with the zeros behind it.</summary>
    public static long Padded(long bytes) => (bytes + 63) / 64 * 64;

    /// <summary>Bytes of the sections in front of the codes.</summary>
    public static long HeaderBytes(int rows, int columns, long escapes)
    {
        long groups = Groups(rows), blocks = Blocks(columns), tiles = groups * blocks;
        return (2 * 4 * BlockColumns * blocks) + (2 * 4 * GroupRows * groups) + Padded(tiles) + Padded((4 * (tiles + 1)) + (EscapeBytes * escapes));
    }

    /// <summary>Whether a resident weight of this shape can have so many bytes: between all tiles of 2 bits without escapes and all of 8 with every code one.</summary>
    public static bool IsPossible(int rows, int columns, long bytes)
    {
        var tiles = (long)Groups(rows) * Blocks(columns);
        return bytes >= HeaderBytes(rows, columns, 0) + (tiles * TileBytes(2))
            && bytes <= HeaderBytes(rows, columns, tiles * GroupRows * BlockColumns) + (tiles * TileBytes(8));
    }
}
