using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>Decodes the chunks of a weight of the tiled family into its resident bytes (<see cref="TiledLayout"/>): the sections in front of the codes are one chunk, some row groups each other one.</summary>
/// <remarks>
/// <para>Prologue: i32 rows, i32 columns, u32 segment of the tables, u32 segment of the columns, u8 steps per octave of row exponents, varint escapes;
/// then by the binary coder the row groups' classes, as differences, and the tiles' widths.</para>
/// <para>First chunk: varint 0, varint 0; by the binary coder the rows' order as runs, their exponents by position as differences, and for each escape
/// the places since the one before (4,096 a tile, lane by lane) and its delta.</para>
/// <para>Another: varint first row group, varint row groups, u32 words; the stream: group after group, block after block, the columns of a block four at a time;
/// then for each column with raw bits, in the same order, that many u64 (bit l of word p: bit p of lane l); then a varint of codes beside, each a varint of places since the one before
/// (tile by tile, in it column by column, lane by lane) and u8 what the planes hold.</para>
/// </remarks>
internal sealed unsafe class TiledDecoder : SegmentDecoding
{
    private readonly TiledTables _tables;
    private readonly TiledColumns _columns;
    private readonly int _rows;
    private readonly int _blocks;
    private readonly int _stepsPerOctave;
    private readonly int _escapes;
    private readonly int[] _rowClasses;
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
        _kinds = new byte[checked(_rowClasses.Length * _blocks)];
        var from = new BinaryDecoder(cursor.Take(cursor.Left));
        SideNumbers.Differences(ref from, _rowClasses);
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
        var tile = new TileDecoder(_tables.States, cursor.Take(RawBytes(first, groups)), &memory);
        var beside = new CodesBeside(cursor.Take(cursor.Left), (long)groups * _blocks);
        for (var t = first * _blocks; t < (first + groups) * _blocks; t++)
        {
            if (t % _blocks == 0)
            {
                rans.StartPaths(_tables.States == 8);
                tile.BeginGroup();
            }

            tile.Begin(_kinds[t]);
            var block = t % _blocks * TiledLayout.BlockColumns;
            var count = Math.Min(TiledLayout.BlockColumns, _columns.Order.Length - block);
            for (var j = 0; j < count; j++)
            {
                tile.Column(j, _tables.Of(unchecked(_rowClasses[t / _blocks] + _columns.Classes[block + j])));
            }

            tile.Decode(ref rans, _tables.Alphabet, _tables.Padding, count);
            beside.Patch(t - (first * _blocks), tile.Codes, count, tile.PathBits);
            tile.Finish(count, raw);
            raw += TiledLayout.TileBytes(_kinds[t] & ~TiledLayout.Trellis);
        }

        beside.Finish();
    }

    private int RawBytes(int first, int groups)
    {
        var words = 0;
        for (var g = first; g < first + groups; g++)
        {
            foreach (var c in _columns.Classes)
            {
                words += _tables.Of(unchecked(_rowClasses[g] + c)).RawBits;
            }
        }

        return checked(words * sizeof(ulong));
    }

    private void DecodeHeader(ReadOnlySpan<byte> coded, byte* raw, long rawBytes)
    {
        if (rawBytes != _headerBytes)
        {
            throw new CorruptStreamException($"its sections take {_headerBytes} bytes instead of {rawBytes}");
        }

        var to = new Span<byte>(raw, checked((int)rawBytes));
        to.Clear();
        var from = new BinaryDecoder(coded);
        var order = new int[_rows];
        var exponents = new int[_rows];
        SideNumbers.Order(ref from, order);
        SideNumbers.Differences(ref from, exponents);
        int columns = TiledLayout.BlockColumns * _blocks, rows = TiledLayout.GroupRows * _rowClasses.Length;
        var at = Section(to, 0, columns, _columns.Order, _columns.Exponents, 8, 0);
        // Steps of the stored integers: half steps with a trellis.
        at = Section(to, at, rows, order, exponents, _stepsPerOctave, _tables.States == 1 ? 0 : _stepsPerOctave);
        _kinds.CopyTo(to[at..]);
        DecodeEscapes(ref from, to[(at + (int)TiledLayout.Padded(_kinds.Length))..]);
        from.Finish();
    }

    /// <summary>An order and its factors; returns where the next section begins.</summary>
    private static int Section(Span<byte> to, int at, int padded, int[] order, int[] exponents, int perOctave, int halving)
    {
        for (var i = 0; i < padded; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[(at + (4 * i))..], i < order.Length ? order[i] : -1);
        }

        at += 4 * padded;
        for (var i = 0; i < order.Length; i++)
        {
            if (exponents[i] < -126 * perOctave || exponents[i] > 126 * perOctave)
            {
                throw new CorruptStreamException($"factor {i} is 2^({exponents[i]}/{perOctave})");
            }

            BinaryPrimitives.WriteSingleLittleEndian(to[(at + (4 * i))..], StepPowers.Of(exponents[i] - halving, perOctave));
        }

        return at + (4 * padded);
    }

    private void DecodeEscapes(ref BinaryDecoder from, Span<byte> to)
    {
        const int Tile = TiledLayout.GroupRows * TiledLayout.BlockColumns;
        NumberModel gaps = new(), deltas = new();
        var escapes = to[(4 * (_kinds.Length + 1))..];
        long place = -1;
        var tile = 0;
        for (var e = 0; e < _escapes; e++)
        {
            place += 1 + (long)from.Number(gaps);
            if (place >= (long)_kinds.Length * Tile)
            {
                throw new CorruptStreamException($"escape {e} lies at {place}, behind the last of {_kinds.Length} tiles");
            }

            for (; tile < place / Tile; tile++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(to[(4 * (tile + 1))..], e);
            }

            escapes[TiledLayout.EscapeBytes * e] = (byte)(place / TiledLayout.BlockColumns % TiledLayout.GroupRows);
            escapes[(TiledLayout.EscapeBytes * e) + 1] = (byte)(place % TiledLayout.BlockColumns);
            BinaryPrimitives.WriteInt16LittleEndian(escapes[((TiledLayout.EscapeBytes * e) + 2)..], unchecked((short)from.Signed(deltas)));
        }

        for (; tile < _kinds.Length; tile++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[(4 * (tile + 1))..], _escapes);
        }
    }
}
