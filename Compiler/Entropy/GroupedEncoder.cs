using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelPack.Entropy;
using ModelPack.Formats;

namespace ModelPack.Compiler.Entropy;

/// <summary>A segment as it lies in a pack: what is said once, and the chunks.</summary>
/// <param name="Prologue">Read before the first chunk is decoded.</param>
/// <param name="Chunks">Stored bytes.</param>
/// <param name="RawBytes">Of each chunk.</param>
internal sealed record CodedSegment(byte[] Prologue, byte[][] Chunks, int[] RawBytes)
{
    public long StoredBytes => Prologue.Length + Chunks.Sum(c => (long)c.Length);
}

/// <summary>Codes the resident bytes of a weight of the grouped family; <see cref="GroupedDecoder"/> has the format.</summary>
internal sealed unsafe class GroupedEncoder
{
    /// <summary>Codes of a chunk: enough that 256 bytes of states are nothing, few enough that all threads share a tensor.</summary>
    private const int ChunkCodes = 1 << 20;

    private readonly byte[] _resident;
    private readonly GroupedLayout _layout;
    private readonly GroupedField[] _fields;
    private readonly int[] _occurrences;
    private readonly ParallelOptions _parallel;
    private readonly ushort[][] _values;
    private readonly int _groupsPerChunk;

    private GroupedEncoder(byte[] resident, GroupedLayout layout, ParallelOptions parallel)
    {
        (_resident, _layout, _parallel) = (resident, layout, parallel);
        _fields = GroupedField.Of(layout.Format);
        _occurrences = [.. _fields.Select(f => f.Occurrences(layout))];
        _values = [.. _occurrences.Select(n => new ushort[n * FieldCoding.Rows * layout.RowGroups])];
        var chunks = Math.Max(1, (int)((layout.RowGroups * (long)layout.Units * CodePlanes.UnitCodes) / ChunkCodes));
        _groupsPerChunk = (layout.RowGroups + chunks - 1) / chunks;
    }

    private int Chunks => (_layout.RowGroups + _groupsPerChunk - 1) / _groupsPerChunk;

    /// <summary>Codes a weight; null where its row groups are too large for chunks.</summary>
    /// <param name="resident">Its bytes.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="parallel">Threads and cancellation; the result does not depend on the threads.</param>
    public static CodedSegment? Encode(byte[] resident, GroupedLayout layout, ParallelOptions parallel)
    {
        if (layout.RowGroupBytes > PackFormat.MaxChunkBytes || layout.Columns > PackFormat.MaxChunkBytes / 4)
        {
            return null;
        }

        return new GroupedEncoder(resident, layout, parallel).Encode();
    }

    private CodedSegment Encode()
    {
        var histograms = Survey();
        var choices = new (FieldCoding Coding, CodingTable Table)[_fields.Length];
        Parallel.For(0, _fields.Length, _parallel, f => choices[f] = FieldChoice.Make(_values[f], ScalesOf(f)));
        var codes = ColumnTables.Make(histograms, _layout.Units * GroupedLayout.UnitColumns, _layout.Format.CodeBits);
        var chunks = new byte[Chunks][];
        Parallel.For(0, chunks.Length, _parallel, c => chunks[c] = Chunk(c, choices, codes));
        return new(Prologue(choices, codes), chunks, [.. Enumerable.Range(0, chunks.Length).Select(c => (int)(GroupsOf(c) * _layout.RowGroupBytes))]);
    }

    private ushort[]? ScalesOf(int field) => _fields[field].Scale >= 0 ? _values[_fields[field].Scale] : null;

    private int GroupsOf(int chunk) => Math.Min(_groupsPerChunk, _layout.RowGroups - (chunk * _groupsPerChunk));

    /// <summary>All scales into <see cref="_values"/>; the codes counted by column and upper bits.</summary>
    private long[] Survey()
    {
        var total = new long[_layout.Units * GroupedLayout.UnitColumns * 32];
        Parallel.For(
            0,
            _layout.RowGroups,
            _parallel,
            () => new int[total.Length],
            (group, _, counts) =>
            {
                Survey(group, counts);
                return counts;
            },
            counts =>
            {
                lock (total)
                {
                    for (var i = 0; i < counts.Length; i++)
                    {
                        total[i] += counts[i];
                    }
                }
            });
        return total;
    }

    private void Survey(int group, int[] counts)
    {
        var starts = stackalloc ushort*[_fields.Length];
        var codes = stackalloc byte[CodePlanes.UnitCodes];
        var pins = Array.ConvertAll(_values, v => GCHandle.Alloc(v, GCHandleType.Pinned));
        for (var f = 0; f < _fields.Length; f++)
        {
            starts[f] = (ushort*)pins[f].AddrOfPinnedObject() + ((nint)group * _occurrences[f] * FieldCoding.Rows);
        }

        var headers = new GroupedHeaders(_fields, _layout, starts, reads: true);
        var shift = ColumnTables.HistogramShift(_layout.Format.CodeBits);
        fixed (byte* resident = _resident)
        {
            var at = resident + (group * _layout.RowGroupBytes);
            for (var u = 0; u < _layout.Units; u++)
            {
                at = headers.Unit(at, u);
                CodePlanes.Unpack(at, _layout.Format.CodeBits, codes);
                for (var i = 0; i < CodePlanes.UnitCodes; i++)
                {
                    // Byte 64q + 4r + j is column 4q + j.
                    counts[(32 * ((u * GroupedLayout.UnitColumns) + (4 * (i >> 6)) + (i & 3))) + (codes[i] >> shift)]++;
                }

                at += _layout.CodeBytes;
            }
        }

        foreach (var pin in pins)
        {
            pin.Free();
        }
    }

    private byte[] Prologue((FieldCoding Coding, CodingTable Table)[] choices, ColumnTables codes)
    {
        var to = new ByteSink();
        var format = _layout.Format;
        to.U8(format.CodeBits);
        to.U16(format.GroupColumns);
        to.U8((int)format.Scale);
        to.U8(format.HasMinimum ? 1 : 0);
        to.I32(_layout.Rows);
        to.I32(_layout.Columns);
        foreach (var (coding, table) in choices)
        {
            to.U8(coding.Shift);
            to.U8(coding.Drop);
            to.U8(coding.Predicted ? 1 : 0);
            to.U16(coding.Base);
            FrequencyTable.Write(to, table.Frequencies);
        }

        to.U8((int)codes.Alphabet);
        to.U8(codes.RawBits);
        to.Varint(codes.Tables.Length);
        foreach (var table in codes.Tables)
        {
            FrequencyTable.Write(to, table.Frequencies);
        }

        if (codes.Tables.Length > 1)
        {
            to.Bytes(codes.Classes);
        }

        return to.ToArray();
    }

    private byte[] Chunk(int chunk, (FieldCoding Coding, CodingTable Table)[] choices, ColumnTables codes)
    {
        var rans = new RansEncoder();
        var beside = new ByteSink();
        for (var f = 0; f < _fields.Length; f++)
        {
            Field(f, chunk, choices[f], rans, beside);
        }

        var blockTables = BlockTables(codes);
        for (var g = 0; g < GroupsOf(chunk); g++)
        {
            rans.Add(Codes((chunk * _groupsPerChunk) + g, codes.RawBits, beside), blockTables);
        }

        var stream = rans.Finish();
        var sides = beside.ToArray();
        var stored = new byte[4 + stream.Length + sides.Length];
        BinaryPrimitives.WriteInt32LittleEndian(stored, stream.Length / 2);
        stream.CopyTo(stored, 4);
        sides.CopyTo(stored, 4 + stream.Length);
        return stored;
    }

    private void Field(int field, int chunk, (FieldCoding Coding, CodingTable Table) choice, RansEncoder rans, ByteSink beside)
    {
        var coding = choice.Coding;
        var perGroup = _occurrences[field] * FieldCoding.Rows;
        var first = chunk * _groupsPerChunk * perGroup;
        var count = GroupsOf(chunk) * perGroup;
        var likeliest = (byte)Array.IndexOf(choice.Table.Frequencies, choice.Table.Frequencies.Max());
        var symbols = new byte[(count + RansFormat.BlockSymbols - 1) / RansFormat.BlockSymbols * RansFormat.BlockSymbols];
        Array.Fill(symbols, likeliest);
        var raw = new byte[count / FieldCoding.Rows * coding.Shift * 2];
        var others = new List<int>();
        for (var i = 0; i < count; i++)
        {
            var value = _values[field][first + i];
            var scale = ScalesOf(field) is { } scales ? scales[first + i] : (ushort)0;
            if (!coding.Fits(value, scale))
            {
                others.Add(i);
                continue;
            }

            int u = coding.Code(value, scale);
            symbols[i] = (byte)(u >> coding.Shift);
            for (var p = 0; p < coding.Shift; p++)
            {
                var bit = (i / FieldCoding.Rows * coding.Shift * 16) + (16 * p) + (i % FieldCoding.Rows);
                raw[bit >> 3] |= (byte)((u >> p & 1) << (bit & 7));
            }
        }

        rans.Add(symbols, [.. Enumerable.Repeat(choice.Table, RansFormat.BlockTables)]);
        beside.Bytes(raw);
        beside.Varint(others.Count);
        var last = -1;
        foreach (var i in others)
        {
            beside.Varint(i - last - 1);
            beside.U16(_values[field][first + i]);
            last = i;
        }
    }

    private byte[] Codes(int group, int rawBits, ByteSink beside)
    {
        var symbols = new byte[_layout.Units * CodePlanes.UnitCodes];
        var low = stackalloc byte[CodePlanes.UnitCodes];
        var planes = stackalloc byte[GroupedLayout.QuadBytes * 8];
        fixed (byte* resident = _resident, to = symbols)
        {
            var at = resident + (group * _layout.RowGroupBytes);
            for (var u = 0; u < _layout.Units; u++)
            {
                at += _layout.HeaderBytes(u);
                var unit = to + (u * CodePlanes.UnitCodes);
                CodePlanes.Unpack(at, _layout.Format.CodeBits, unit);
                at += _layout.CodeBytes;
                if (rawBits > 0)
                {
                    for (var i = 0; i < CodePlanes.UnitCodes; i++)
                    {
                        low[i] = (byte)(unit[i] & ((1 << rawBits) - 1));
                        unit[i] >>= rawBits;
                    }

                    CodePlanes.Pack(low, rawBits, planes);
                    beside.Bytes(new(planes, GroupedLayout.QuadBytes * rawBits));
                }
            }
        }

        return symbols;
    }

    private CodingTable[] BlockTables(ColumnTables codes)
    {
        if (codes.Tables.Length == 1)
        {
            return [.. Enumerable.Repeat(codes.Tables[0], RansFormat.BlockTables)];
        }

        var tables = new CodingTable[codes.Classes.Length];
        for (var c = 0; c < tables.Length; c++)
        {
            tables[(c & ~15) | (4 * (c & 3)) | ((c >> 2) & 3)] = codes.Tables[codes.Classes[c]];
        }

        return tables;
    }
}
