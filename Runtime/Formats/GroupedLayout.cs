namespace ModelPack.Formats;

/// <summary>
/// Byte layout of a resident weight of the grouped family.
/// </summary>
/// <remarks>
/// <para>Sixteen consecutive rows are a <em>row group</em> (the lanes of every kernel), 32 consecutive columns a <em>unit</em>; both are padded, so
/// rows and columns may have any length. A row group is one contiguous stream that a GEMV reads front to back: unit after unit, each</para>
/// <code>
///   TwoLevel, every 8th unit:       16 × f16 super scale [, 16 × f16 super minimum]
///   where a group of columns begins: 16 × scale [, 16 × minimum]      (twice, for groups of 16 columns)
///   codes of 16 rows × 32 columns:  planes, 64 · CodeBits bytes
/// </code>
/// <para>A <em>quad</em> is 4 columns of 16 rows as 64 bytes, row r in bytes 4r … 4r+3: what a dot-product instruction takes per lane. A unit has 8 quads.
/// Planes, in this order: 8 bits: the 8 quads as they are. 4, 5, 6, 7 bits: 4 vectors of 64 bytes, vector v holding the low nibbles of
/// quad 2v in its low nibbles and those of quad 2v+1 in its high ones. 2, 3 (and, above the nibbles, 6, 7) bits: 2 vectors, bits 2j and 2j+1 of vector v belonging to quad 4v+j.
/// 3, 5, 7 bits: last 1 vector, bit j belonging to quad j.</para>
/// </remarks>
internal readonly struct GroupedLayout
{
    public const int RowGroupRows = 16;
    public const int UnitColumns = 32;
    public const int QuadBytes = 64;
    public const int QuadsPerUnit = 8;

    /// <summary>Columns under one super scale.</summary>
    public const int SuperColumns = 256;

    public GroupedLayout(WeightFormat format, int rows, int columns)
    {
        Format = format;
        Rows = rows;
        Columns = columns;
        RowGroups = (rows + RowGroupRows - 1) / RowGroupRows;
        Units = (columns + UnitColumns - 1) / UnitColumns;
        ScaleBytes = RowGroupRows * ScaleElementBytes(format.Scale);
        CodeBytes = QuadBytes * format.CodeBits;
        long bytes = 0;
        for (var u = 0; u < Units; u++)
        {
            bytes += HeaderBytes(u) + CodeBytes;
        }

        RowGroupBytes = bytes;
    }

    public WeightFormat Format { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int RowGroups { get; }

    /// <summary>Units of 32 columns in a row.</summary>
    public int Units { get; }

    /// <summary>Bytes of 16 scales (or minima) of one group of columns.</summary>
    public int ScaleBytes { get; }

    /// <summary>Bytes of the code planes of a unit.</summary>
    public int CodeBytes { get; }

    /// <summary>Bytes from one row group to the next.</summary>
    public long RowGroupBytes { get; }

    public long TotalBytes => RowGroupBytes * RowGroups;

    /// <summary>Groups of columns that begin in a unit that begins any: 2 for groups of 16 columns, else 1.</summary>
    public int GroupsPerUnit => Format.GroupColumns < UnitColumns ? 2 : 1;

    public bool HasSuper(int unit) => Format.Scale == ScaleKind.TwoLevel && unit % (SuperColumns / UnitColumns) == 0;

    public bool HasScales(int unit) => Format.GroupColumns <= UnitColumns || unit % (Format.GroupColumns / UnitColumns) == 0;

    /// <summary>Bytes of scales in front of the codes of a unit.</summary>
    public int HeaderBytes(int unit)
    {
        var parts = Format.HasMinimum ? 2 : 1;
        var bytes = HasSuper(unit) ? parts * RowGroupRows * 2 : 0;
        return bytes + (HasScales(unit) ? parts * GroupsPerUnit * ScaleBytes : 0);
    }

    public static int ScaleElementBytes(ScaleKind kind) => kind switch
    {
        ScaleKind.F16 => 2,
        ScaleKind.F32 => 4,
        _ => 1,
    };

    /// <summary>Whether kernels exist for the combination at all: what a pack may claim.</summary>
    public static bool IsValid(WeightFormat f) =>
        f.Family == WeightFamily.Grouped
        && f.CodeBits is >= 2 and <= 8
        && f.GroupColumns is 16 or 32 or 64 or 128 or 256
        && Enum.IsDefined(f.Scale)
        && Enum.IsDefined(f.Codebook)
        && (f.Codebook == CodebookId.None ? f.Offset <= 128 && (f.CodeBits != 8 || f.Offset == 128) : f.CodeBits == 4 && f.Offset == 0 && !f.HasMinimum);
}
