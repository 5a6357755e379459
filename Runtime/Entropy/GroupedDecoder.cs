using System.Buffers;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// Decodes the chunks of a weight of the grouped family into its resident bytes. A segment's prologue says how: prepared once, then used by any number of threads.
/// </summary>
/// <remarks>
/// <para>Prologue: u8 code bits, u16 columns of a group, u8 scale kind, u8 1: minima, i32 rows, i32 columns; for each <see cref="GroupedField"/> its
/// <see cref="FieldCoding"/> (u8 shift, u8 dropped bits, u8 1: predicted, u16 base) and its table of 32; then the codes: u8 alphabet (<see cref="RansAlphabet"/>), u8 raw bits,
/// varint tables (1 to 16), the tables, and where there are several, for each column, padded ones included, u8 its table.</para>
/// <para>Chunk, some whole row groups: u32 words; the stream (<see cref="RansStream"/>): each field's symbols, filled up to a block, then the codes, row group after row group;
/// for each field its raw bits (for 16 values shift words), then a varint of values beside, each a varint of places since the one before and u16 the value;
/// the codes' raw bits, unit after unit, as planes.</para>
/// </remarks>
internal sealed unsafe class GroupedDecoder : SegmentDecoding
{
    private const int MaxTables = 16;
    private const int RunUnits = 8;

    private readonly GroupedLayout _layout;
    private readonly GroupedField[] _fields;
    private readonly FieldCoding[] _codings;
    private readonly RansAlphabet _alphabet;
    private readonly int _rawBits;

    // Tables and the addresses of each block's 16 tables, in memory that does not move: those of the fields, then those of the codes.
    private readonly uint[] _tables;
    private readonly nint[] _fieldTables;
    private readonly nint[] _codeTables;
    private readonly int _codeStride;

    private GroupedDecoder(ref ByteCursor from)
    {
        _layout = Layout(ref from);
        _fields = GroupedField.Of(_layout.Format);
        _codings = new FieldCoding[_fields.Length];
        var fieldWords = RansTable.Words(RansAlphabet.Wide);
        _tables = GC.AllocateUninitializedArray<uint>((_fields.Length + MaxTables) * fieldWords, pinned: true);
        _fieldTables = GC.AllocateUninitializedArray<nint>(_fields.Length * RansFormat.BlockTables, pinned: true);
        fixed (uint* tables = _tables)
        {
            for (var f = 0; f < _fields.Length; f++)
            {
                _codings[f] = FieldCoding.Read(ref from, mayPredict: _fields[f].Scale >= 0);
                TableReader.Read(ref from, FieldCoding.Symbols, tables + (f * fieldWords), FieldCoding.Symbols);
                _fieldTables.AsSpan(f * RansFormat.BlockTables, RansFormat.BlockTables).Fill((nint)(tables + (f * fieldWords)));
            }

            (_alphabet, _rawBits) = ((RansAlphabet)from.U8(), from.U8());
            if (_alphabet > RansAlphabet.Wide || _rawBits != Math.Max(0, _layout.Format.CodeBits - (_alphabet == RansAlphabet.Wide ? 5 : 4)))
            {
                throw new CorruptStreamException($"codes of {_layout.Format.CodeBits} bits have alphabet {_alphabet} and {_rawBits} raw bits");
            }

            _codeTables = ReadCodeTables(ref from, tables + (_fields.Length * fieldWords));
            _codeStride = _codeTables.Length == RansFormat.BlockTables ? 0 : RansFormat.BlockTables;
        }
    }

    /// <summary>Bytes of a row group: chunks are whole ones.</summary>
    public long RowGroupBytes => _layout.RowGroupBytes;

    /// <summary>Reads a segment's prologue.</summary>
    /// <param name="prologue">Exactly that.</param>
    /// <param name="rawBytes">Resident bytes of the segment.</param>
    /// <exception cref="CorruptStreamException">It does not describe a weight of that many bytes.</exception>
    public static GroupedDecoder Prepare(ReadOnlySpan<byte> prologue, long rawBytes)
    {
        var cursor = new ByteCursor(prologue);
        var decoder = new GroupedDecoder(ref cursor);
        if (cursor.Left != 0 || decoder._layout.TotalBytes != rawBytes)
        {
            throw new CorruptStreamException($"its prologue has {cursor.Left} bytes too many, or describes {decoder._layout.TotalBytes} bytes instead of {rawBytes}");
        }

        return decoder;
    }

    /// <inheritdoc/>
    public override void Decode(ReadOnlySpan<byte> stored, byte* raw, long rawBytes, KernelSet kernels)
    {
        if (rawBytes % _layout.RowGroupBytes != 0)
        {
            throw new CorruptStreamException($"{rawBytes} bytes are no whole row groups of {_layout.RowGroupBytes}");
        }

        var groups = (int)(rawBytes / _layout.RowGroupBytes);
        var cursor = new ByteCursor(stored);
        var words = cursor.I32();
        if (words < 0 || words > cursor.Left / 2)
        {
            throw new CorruptStreamException($"it claims {words} words in {cursor.Left} bytes");
        }

        var stream = cursor.Take(2 * words);
        var occurrences = new int[_fields.Length];
        var values = 0;
        for (var f = 0; f < _fields.Length; f++)
        {
            occurrences[f] = checked(_fields[f].Occurrences(_layout) * groups);
            values += occurrences[f] * FieldCoding.Rows;
        }

        // Values of all fields, then symbols: of the longest field, or of a run of units.
        var symbols = Math.Max(RunUnits * CodePlanes.UnitCodes, Blocks(occurrences.Max()) * RansFormat.BlockSymbols);
        var scratch = ArrayPool<byte>.Shared.Rent((2 * values) + symbols);
        try
        {
            fixed (byte* s = scratch, w = stream)
            {
                var rans = new RansStream(w, words, kernels);
                var starts = stackalloc ushort*[_fields.Length];
                DecodeFields(ref rans, ref cursor, occurrences, (ushort*)s, starts, s + (2 * values));
                DecodeCodes(ref rans, cursor.Take(checked(groups * _layout.Units * GroupedLayout.QuadBytes * _rawBits)), groups, raw, starts, s + (2 * values));
                rans.Finish();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }

        if (cursor.Left != 0)
        {
            throw new CorruptStreamException($"{cursor.Left} bytes are left over");
        }
    }

    private static int Blocks(int occurrences) => ((occurrences * FieldCoding.Rows) + RansFormat.BlockSymbols - 1) / RansFormat.BlockSymbols;

    private static GroupedLayout Layout(ref ByteCursor from)
    {
        var format = new WeightFormat(WeightFamily.Grouped, CodeBits: from.U8(), GroupColumns: from.U16(), Scale: (ScaleKind)from.U8(), HasMinimum: from.U8() != 0);
        int rows = from.I32(), columns = from.I32();
        // 8-bit codes are valid with their offset only, which matters to kernels, not here.
        if (!GroupedLayout.IsValid(format with { Offset = (byte)(format.CodeBits == 8 ? 128 : 0) }) || rows <= 0 || columns is <= 0 or > PackFormat.MaxChunkBytes / 4
            || (long)rows * columns > PackFormat.MaxSegmentBytes)
        {
            throw new CorruptStreamException($"its prologue describes [{rows}, {columns}] of format '{format}'");
        }

        var layout = new GroupedLayout(format, rows, columns);
        return layout.RowGroupBytes <= PackFormat.MaxChunkBytes
            ? layout
            : throw new CorruptStreamException($"row groups of {layout.RowGroupBytes} bytes do not fit into a chunk of at most {PackFormat.MaxChunkBytes}");
    }

    private nint[] ReadCodeTables(ref ByteCursor from, uint* tables)
    {
        var count = from.Varint();
        if (count is < 1 or > MaxTables)
        {
            throw new CorruptStreamException($"codes have {count} tables");
        }

        var words = RansTable.Words(_alphabet);
        for (var t = 0; t < count; t++)
        {
            TableReader.Read(ref from, RansTable.Entries(_alphabet), tables + (t * words), RansTable.Entries(_alphabet));
        }

        if (count == 1)
        {
            var same = GC.AllocateUninitializedArray<nint>(RansFormat.BlockTables, pinned: true);
            Array.Fill(same, (nint)tables);
            return same;
        }

        var classes = from.Take(_layout.Units * GroupedLayout.UnitColumns);
        var addresses = GC.AllocateUninitializedArray<nint>(_layout.Units * 2 * RansFormat.BlockTables, pinned: true);
        for (var c = 0; c < classes.Length; c++)
        {
            if (classes[c] >= count)
            {
                throw new CorruptStreamException($"column {c} has table {classes[c]} of {count}");
            }

            // A block is 16 columns: quad v holds columns 4v … 4v + 3, decoded one a step.
            addresses[(c & ~15) | (4 * (c & 3)) | ((c >> 2) & 3)] = (nint)(tables + (classes[c] * words));
        }

        return addresses;
    }

    private void DecodeFields(ref RansStream rans, ref ByteCursor cursor, int[] occurrences, ushort* values, ushort** starts, byte* symbols)
    {
        fixed (nint* tables = _fieldTables)
        {
            for (var f = 0; f < _fields.Length; f++)
            {
                starts[f] = values;
                rans.Decode(RansAlphabet.Wide, tables + (f * RansFormat.BlockTables), 0, symbols, Blocks(occurrences[f]));
                fixed (byte* raw = cursor.Take(checked(occurrences[f] * _codings[f].Shift * 2)))
                {
                    _codings[f].Decode(symbols, raw, _fields[f].Scale >= 0 ? starts[_fields[f].Scale] : values, values, occurrences[f]);
                }

                Beside(ref cursor, values, occurrences[f] * FieldCoding.Rows);
                values += occurrences[f] * FieldCoding.Rows;
            }
        }
    }

    private void DecodeCodes(ref RansStream rans, ReadOnlySpan<byte> rawPlanes, int groups, byte* raw, ushort** values, byte* symbols)
    {
        var headers = new GroupedHeaders(_fields, _layout, values, reads: false);
        fixed (byte* start = rawPlanes)
        fixed (nint* tables = _codeTables)
        {
            var planes = start;
            for (var g = 0; g < groups; g++)
            {
                for (var u = 0; u < _layout.Units; u++)
                {
                    var at = symbols + (u % RunUnits * CodePlanes.UnitCodes);
                    if (u % RunUnits == 0)
                    {
                        rans.Decode(_alphabet, tables + (2 * u * _codeStride), _codeStride, symbols, 2 * Math.Min(RunUnits, _layout.Units - u));
                    }

                    if (_rawBits > 0)
                    {
                        CodePlanes.AddLow(at, planes, _rawBits);
                        planes += _rawBits * GroupedLayout.QuadBytes;
                    }

                    raw = headers.Unit(raw, u);
                    CodePlanes.Pack(at, _layout.Format.CodeBits, raw);
                    raw += _layout.CodeBytes;
                }
            }
        }
    }

    private static void Beside(ref ByteCursor cursor, ushort* values, int count)
    {
        long place = -1;
        for (var left = cursor.Varint(); left > 0; left--)
        {
            place += 1 + (long)cursor.Varint();
            if (place >= count)
            {
                throw new CorruptStreamException($"value {place} lies beyond the {count} of its field");
            }

            values[place] = cursor.U16();
        }
    }
}
