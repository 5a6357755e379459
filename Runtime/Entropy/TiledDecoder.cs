using ModelPack.Execution;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>Decodes the chunks of a weight of the tiled family into its resident bytes (<see cref="TiledLayout"/>): the sections in front of the codes are one chunk, some row groups each other one.</summary>
/// <remarks>
/// <para>Prologue: i32 rows, i32 columns, u32 segment of the tables, u32 segment of the columns, u8 steps per octave of row exponents, varint escapes;
/// then by the binary coder the row groups' classes, and the columns' by position, as differences, and the tiles' widths.</para>
/// <para>First chunk: varint 0, varint 0; by the binary coder the rows' order as runs, their exponents by position as differences, and for each escape
/// the places since the one before (4,096 a tile, lane by lane) and its delta.</para>
/// <para>Another: varint first row group, varint row groups, u32 words; the stream: group after group, block after block, the columns of a block four at a time;
/// then for each column with raw bits, in the same order, that many words of a bit a lane (bit l of word p: bit p of lane l; 16 bits for each vector that holds rows); then a varint of codes beside, each a varint of places since the one before
/// (tile by tile, in it column by column, lane by lane) and u8 what the planes hold.</para>
/// </remarks>
internal sealed unsafe partial class TiledDecoder : SegmentDecoding
{
    private readonly TiledTables _tables;
    private readonly TiledColumns _columns;
    private readonly int _rows;
    private readonly int _blocks;
    private readonly int _stepsPerOctave;
    private readonly int _escapes;
    private readonly int[] _rowClasses;
    private readonly int[] _columnClasses;
    private readonly byte[] _kinds;
    private readonly long _headerBytes;

    /// <summary>Where row groups end among the codes, as the pack counts, and in the form that is decoded to; null where that is the same.</summary>
    private readonly (long[] Compact, long[] Expanded)? _ends;

    private TiledDecoder(ReadOnlySpan<byte> prologue, long rawBytes, TiledTables tables, TiledColumns columns, bool expanded)
    {
        var cursor = new ByteCursor(prologue);
        _rows = cursor.I32();
        var width = cursor.I32();
        cursor.Take(8);
        (_stepsPerOctave, _escapes) = (cursor.U8(), cursor.Varint());
        if (_rows < 1 || width != columns.Order.Length || _stepsPerOctave == 0 || (long)_rows * width > PackFormat.MaxSegmentBytes || !TiledLayout.IsPossible(_rows, width, rawBytes))
        {
            throw new CorruptStreamException($"its prologue describes [{_rows}, {width}] with {columns.Order.Length} columns in {rawBytes} bytes");
        }

        (_tables, _columns) = (tables, columns);
        _blocks = TiledLayout.Blocks(width);
        _rowClasses = new int[TiledLayout.Groups(_rows)];
        _columnClasses = new int[width];
        _kinds = new byte[checked(_rowClasses.Length * _blocks)];
        var from = new BinaryDecoder(cursor.Take(cursor.Left));
        SideNumbers.Differences(ref from, _rowClasses);
        SideNumbers.Differences(ref from, _columnClasses);
        TileWidthCoding.Decode(ref from, _kinds, _blocks);
        from.Finish();
        _headerBytes = TiledLayout.HeaderBytes(_rows, width, _escapes);
        var compact = GroupEnds();
        if (_headerBytes + compact[^1] != rawBytes)
        {
            throw new CorruptStreamException($"its prologue describes {_headerBytes + compact[^1]} bytes instead of {rawBytes}");
        }

        if (_tables.States > 1)
        {
            SetTrellisKinds(expanded);
            _ends = expanded ? (compact, GroupEnds()) : null;
        }
    }

    /// <summary>Which segments hold tables and columns.</summary>
    /// <exception cref="CorruptStreamException">The prologue is too short.</exception>
    public static (int Tables, int Columns) References(ReadOnlySpan<byte> prologue)
    {
        var cursor = new ByteCursor(prologue);
        cursor.Take(8);
        return (cursor.I32(), cursor.I32());
    }

    /// <summary>Reads a segment's prologue.</summary>
    /// <param name="prologue">Exactly that.</param>
    /// <param name="rawBytes">Resident bytes of the segment.</param>
    /// <param name="tables">What it refers to.</param>
    /// <param name="columns">Likewise.</param>
    /// <param name="expanded">Whether a trellis's tiles become scalar ones (<see cref="TiledLayout"/>).</param>
    /// <exception cref="CorruptStreamException">It does not describe a weight of that many bytes.</exception>
    public static TiledDecoder Prepare(ReadOnlySpan<byte> prologue, long rawBytes, TiledTables tables, TiledColumns columns, bool expanded = false) =>
        new(prologue, rawBytes, tables, columns, expanded);

    /// <inheritdoc/>
    public override (long Offset, long Bytes) Place(long rawOffset, long rawBytes)
    {
        if (_ends is not { } ends)
        {
            return (rawOffset, rawBytes);
        }

        var offset = Expanded(rawOffset, ends.Compact, ends.Expanded);
        return (offset, Expanded(rawOffset + rawBytes, ends.Compact, ends.Expanded) - offset);
    }

    /// <inheritdoc/>
    public override void Decode(ReadOnlySpan<byte> stored, byte* raw, long rawBytes, KernelSet kernels)
    {
        var cursor = new ByteCursor(stored);
        int first = cursor.Varint(), groups = cursor.Varint();
        if (groups == 0)
        {
            DecodeHeader(cursor.Take(cursor.Left), raw, rawBytes);
            return;
        }

        if (first > _rowClasses.Length || groups > _rowClasses.Length - first || rawBytes != CodeBytes(first, groups))
        {
            throw new CorruptStreamException($"row groups {first} to {(long)first + groups} of {_rowClasses.Length} do not take {rawBytes} bytes");
        }

        var words = cursor.I32();
        if (words < 0 || words > cursor.Left / 2)
        {
            throw new CorruptStreamException($"it claims {words} words in {cursor.Left} bytes");
        }

        fixed (byte* stream = cursor.Take(2 * words))
        {
            var rans = new RansStream(stream, words, kernels);
            DecodeGroups(ref rans, ref cursor, first, groups, raw);
            rans.Finish();
        }
    }

    /// <summary>Where in the expanded form is what the compact one has at the begin or end of a chunk.</summary>
    private long Expanded(long raw, long[] compact, long[] expanded)
    {
        if (raw == 0 || raw == _headerBytes)
        {
            return raw;
        }

        var group = Array.BinarySearch(compact, raw - _headerBytes);
        return group >= 0 ? _headerBytes + expanded[group] : throw new CorruptStreamException($"a chunk ends at {raw} of its bytes, inside a row group");
    }

    private void SetTrellisKinds(bool expanded)
    {
        foreach (ref var kind in _kinds.AsSpan())
        {
            kind = TiledLayout.TrellisKind(kind, expanded);
        }
    }

    private long[] GroupEnds()
    {
        var ends = new long[_rowClasses.Length];
        for (var g = 0; g < ends.Length; g++)
        {
            ends[g] = (g == 0 ? 0 : ends[g - 1]) + CodeBytes(g, 1);
        }

        return ends;
    }

    private long CodeBytes(int first, int groups)
    {
        long bytes = 0;
        foreach (var kind in _kinds.AsSpan(first * _blocks, groups * _blocks))
        {
            bytes += TiledLayout.TileBytes(kind & ~TiledLayout.Trellis);
        }

        return bytes;
    }

    private void DecodeGroups(ref RansStream rans, ref ByteCursor cursor, int first, int groups, byte* raw)
    {
        TileMemory memory;
        using var buffer = new NativeBuffer(ColumnTables.Bytes(_columnClasses.Length), pressure: false);
        var tables = new ColumnTables(_tables, _columnClasses, buffer.Pointer);
        var tile = new TileDecoder(_tables.States, cursor.Take(RawBytes(ref tables, first, groups)), &memory);
        var beside = new CodesBeside(cursor.Take(cursor.Left), (long)groups * _blocks);
        for (var g = first; g < first + groups; g++)
        {
            var vectors = ColumnTables.VectorsOf(g, _rows);
            tables.Set(_rowClasses[g], vectors);
            rans.StartPaths(_tables.States == 8);
            tile.BeginGroup(vectors);
            for (var block = 0; block < _blocks; block++)
            {
                var kind = _kinds[(g * _blocks) + block];
                var column = block * TiledLayout.BlockColumns;
                var count = Math.Min(TiledLayout.BlockColumns, _columns.Order.Length - column);
                tile.Begin(kind, tables.RawBits + column, tables.Biases + column);
                tile.Decode(ref rans, _tables.Alphabet, tables.Addresses + (RansFormat.Vectors * (long)column), count);
                beside.Patch(((g - first) * _blocks) + block, tile.Codes, count, tile.PathBits);
                tile.Finish(count, raw);
                raw += TiledLayout.TileBytes(kind & ~TiledLayout.Trellis);
            }
        }

        beside.Finish();
    }

    private int RawBytes(ref ColumnTables tables, int first, int groups)
    {
        long bytes = 0;
        for (var g = first; g < first + groups; g++)
        {
            tables.Set(_rowClasses[g], ColumnTables.VectorsOf(g, _rows));
            bytes += tables.RawBytes;
        }

        return checked((int)bytes);
    }
}
