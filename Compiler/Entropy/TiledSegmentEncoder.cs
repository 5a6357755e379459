using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;
using ModelPack.Formats;

namespace ModelPack.Compiler.Entropy;

/// <summary>Codes a quantised matrix of the tiled family; <see cref="TiledDecoder"/> has the format, and gives the resident bytes.</summary>
internal sealed class TiledSegmentEncoder
{
    /// <summary>Codes of a chunk: enough that 256 bytes of states are nothing, few enough that all threads share a tensor.</summary>
    private const int ChunkCodes = 1 << 20;

    private readonly TiledMatrix _matrix;
    private readonly StoredCodes _stored;
    private readonly TiledTableSet _tables;
    private readonly int _groupsPerChunk;

    private TiledSegmentEncoder(TiledMatrix matrix, TiledTableSet tables)
    {
        (_matrix, _stored, _tables) = (matrix, new(matrix), tables);
        var perGroup = (long)matrix.Blocks * TiledMatrix.TileColumns * TiledMatrix.TileRows;
        var chunks = Math.Clamp(matrix.RowGroups * perGroup / ChunkCodes, 1, matrix.RowGroups);
        _groupsPerChunk = (int)((matrix.RowGroups + chunks - 1) / chunks);
    }

    /// <summary>What matrices with the same input share (<see cref="TiledColumns"/>).</summary>
    public static byte[] Columns(TiledMatrix matrix)
    {
        var coder = new BinaryEncoder();
        SideNumbersWriter.Order(coder, matrix.ColumnOrder);
        SideNumbersWriter.Differences(coder, matrix.ColumnExponents);
        var to = new ByteSink();
        to.I32(matrix.Columns);
        to.Bytes(coder.Finish());
        return to.ToArray();
    }

    /// <summary>Codes a matrix; null where its row groups are too large for chunks.</summary>
    /// <param name="matrix">It.</param>
    /// <param name="tables">That have counted it.</param>
    /// <param name="tablesSegment">Where the pack has them.</param>
    /// <param name="columnsSegment">Where it has <see cref="Columns"/>.</param>
    /// <param name="parallel">Threads and cancellation; the result does not depend on the threads.</param>
    public static CodedSegment? Encode(TiledMatrix matrix, TiledTableSet tables, int tablesSegment, int columnsSegment, ParallelOptions parallel)
    {
        var encoder = new TiledSegmentEncoder(matrix, tables);
        return encoder.Encode(tablesSegment, columnsSegment, parallel);
    }

    private CodedSegment? Encode(int tablesSegment, int columnsSegment, ParallelOptions parallel)
    {
        var header = Header(out var escapes);
        var headerBytes = TiledLayout.HeaderBytes(_matrix.Rows, _matrix.Columns, escapes);
        var count = (_matrix.RowGroups + _groupsPerChunk - 1) / _groupsPerChunk;
        long[] raw = [headerBytes, .. Enumerable.Range(0, count).Select(c => CodeBytes(c * _groupsPerChunk, GroupsOf(c)))];
        if (raw.Any(r => r > PackFormat.MaxChunkBytes))
        {
            return null;
        }

        var chunks = new byte[count + 1][];
        chunks[0] = header;
        Parallel.For(0, count, parallel, c => chunks[c + 1] = Chunk(c * _groupsPerChunk, GroupsOf(c)));
        return new(Prologue(tablesSegment, columnsSegment, escapes), chunks, [.. raw.Select(r => (int)r)]);
    }

    private int GroupsOf(int chunk) => Math.Min(_groupsPerChunk, _matrix.RowGroups - (chunk * _groupsPerChunk));

    private long CodeBytes(int first, int groups) =>
        _matrix.Widths.Skip(first * _matrix.Blocks).Take(groups * _matrix.Blocks).Sum(w => (long)TiledLayout.TileBytes(w));

    private byte[] Prologue(int tablesSegment, int columnsSegment, int escapes)
    {
        var to = new ByteSink();
        to.I32(_matrix.Rows);
        to.I32(_matrix.Columns);
        to.I32(tablesSegment);
        to.I32(columnsSegment);
        to.U8(_matrix.RowStepsPerOctave);
        to.Varint(escapes);
        var coder = new BinaryEncoder();
        SideNumbersWriter.Differences(coder, _matrix.RowClasses);
        SideNumbersWriter.Differences(coder, _matrix.ColumnClasses);
        SideNumbersWriter.Widths(coder, _matrix.Widths, _matrix.Blocks);
        to.Bytes(coder.Finish());
        return to.ToArray();
    }

    private byte[] Header(out int escapes)
    {
        var coder = new BinaryEncoder();
        SideNumbersWriter.Order(coder, _matrix.RowOrder);
        SideNumbersWriter.Differences(coder, _matrix.RowExponents);
        NumberModel gaps = new(), deltas = new();
        long last = -1;
        escapes = 0;
        foreach (var (place, delta) in Escapes())
        {
            coder.Number(gaps, checked((uint)(place - last - 1)));
            coder.Signed(deltas, delta);
            last = place;
            escapes++;
        }

        return [0, 0, .. coder.Finish()];
    }

    /// <summary>Codes that their tile does not hold: 4,096 places a tile, lane by lane.</summary>
    private IEnumerable<(long Place, int Delta)> Escapes()
    {
        for (var tile = 0; tile < _matrix.Widths.Length; tile++)
        {
            int group = tile / _matrix.Blocks, first = tile % _matrix.Blocks * TiledMatrix.TileColumns;
            var (low, high) = TiledMatrix.Range(_matrix.Widths[tile], _matrix.States);
            for (var lane = 0; lane < TiledMatrix.TileRows; lane++)
            {
                for (var column = first; column < Math.Min(first + TiledMatrix.TileColumns, _matrix.Columns); column++)
                {
                    int code = _matrix.Codes[(((group * _matrix.Columns) + column) * TiledMatrix.TileRows) + lane];
                    if (code < low || code > high)
                    {
                        // With a trellis the nearest code with the same two lowest bits, which belong to the path.
                        var stored = _matrix.States == 1 ? Math.Clamp(code, low, high) : (4 * Math.Clamp(code >> 2, low >> 2, high >> 2)) + (code & 3);
                        yield return (((long)tile * TiledMatrix.TileRows * TiledMatrix.TileColumns) + (lane * TiledMatrix.TileColumns) + column - first, code - stored);
                    }
                }
            }
        }
    }

    private byte[] Chunk(int first, int groups)
    {
        var rans = new RansEncoder();
        var raw = new ByteSink();
        var beside = new ByteSink();
        var besideCount = 0;
        long lastBeside = -1;
        for (var t = first * _matrix.Blocks; t < (first + groups) * _matrix.Blocks; t++)
        {
            var tile = new TileSymbols(_matrix, _stored, _tables, t);
            rans.Add(tile.Symbols, tile.Tables);
            raw.Bytes(tile.Raw);
            foreach (var (place, value) in tile.Beside)
            {
                var at = ((long)(t - (first * _matrix.Blocks)) * TiledMatrix.TileRows * TiledMatrix.TileColumns) + place;
                beside.Varint((int)(at - lastBeside - 1));
                beside.U8(value);
                lastBeside = at;
                besideCount++;
            }
        }

        var stream = rans.Finish();
        var to = new ByteSink();
        to.Varint(first);
        to.Varint(groups);
        to.I32(stream.Length / 2);
        to.Bytes(stream);
        to.Bytes(raw.ToArray());
        to.Varint(besideCount);
        to.Bytes(beside.ToArray());
        return to.ToArray();
    }
}
