namespace ModelPack.Formats;

/// <summary>
/// Byte layout of a resident weight of the tiled family. W[i, j] ≈ step_i · c_j · q_ij.
/// </summary>
/// <remarks>
/// <para>64 rows are a <em>row group</em>, 64 columns a <em>block</em>, both in the quantiser's order; a tile is one group × one block and has one width.
/// Little-endian, sections one behind the other, zeros before the codes up to a multiple of 64 bytes:</para>
/// <code>
///   head     i32 base of column exponents, i32 base of row exponents, i32 row steps per octave, u32 escapes
///   starts   u32 [4·groups + 1]     first escape of each sub-group of 16 rows
///   places   u32 [escapes]          block · 4096 + lane · 64 + column, ascending in a sub-group
///   orders   u16 [columns], u16 [rows]    source column, source row at each position; u32 both where either has more than 65,536
///   deltas   i16 [escapes]          true integer = stored integer + delta
///   factors  u8  [columns], u8 [rows]     c_j = 2^((base + e) / 8); step_i = 2^((base + e) / steps per octave) of the stored integers (half of a whole step with a trellis)
///   kinds    u8  [groups·blocks]    low nibble: width 2 … 8; bit 7: trellis
///   codes    group after group, block after block, in a tile four sub-groups of 16 rows, in each two units of 32 columns: planes as in <see cref="GroupedLayout"/>;
///            rows and columns behind the last are codes of 0
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

    /// <summary>Place and delta.</summary>
    public const int EscapeBytes = 4 + 2;

    /// <summary>Bytes of the section <em>head</em>.</summary>
    public const int HeadBytes = 16;

    /// <summary>Steps per octave of column scales.</summary>
    public const int ColumnStepsPerOctave = 8;

    /// <summary>Most factors that a weight's columns, or rows, may be: steps from the smallest to the largest.</summary>
    public const int MostFactors = 256;

    /// <summary>Factors at rest are 2^<see cref="LeastOctave"/> to 2^<see cref="MostOctave"/>: they and their halves are normal numbers.</summary>
    public const int LeastOctave = -125, MostOctave = 126;

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

    /// <summary>Whether rows and columns are numbered in 4 bytes instead of 2.</summary>
    public static bool IsWide(int rows, int columns) => Math.Max(rows, columns) > 1 << 16;

    /// <summary>Bytes of the sections in front of the codes.</summary>
    public static long HeaderBytes(int rows, int columns, long escapes)
    {
        long groups = Groups(rows), perVector = IsWide(rows, columns) ? 5 : 3;
        var bytes = HeadBytes + (4 * ((SubGroups * groups) + 1)) + (EscapeBytes * escapes) + (perVector * ((long)rows + columns)) + (groups * Blocks(columns));
        return (bytes + 63) / 64 * 64;
    }

    /// <summary>Whether a resident weight of this shape can have so many bytes: between all tiles of 2 bits without escapes and all of 8 with every code one.</summary>
    public static bool IsPossible(int rows, int columns, long bytes)
    {
        var tiles = (long)Groups(rows) * Blocks(columns);
        return bytes >= HeaderBytes(rows, columns, 0) + (tiles * TileBytes(2))
            && bytes <= HeaderBytes(rows, columns, tiles * GroupRows * BlockColumns) + (tiles * TileBytes(8));
    }
}
