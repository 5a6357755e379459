using System.Buffers.Binary;
using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>One tile as the stream takes it: blocks of four columns, byte 4 · lane + j of a block column j, and what goes beside the stream.</summary>
internal sealed class TileSymbols
{
    private static readonly ClassCoding s_padding = new(1, false, 0, new(TiledTables.PaddingFrequencies), null);

    private const int LanesPerVector = TiledMatrix.TileRows / RansFormat.Vectors;

    private readonly List<(int Place, byte Value)> _beside = [];
    private readonly ByteSink _raw = new();

    public TileSymbols(TiledMatrix matrix, StoredCodes stored, TiledTableSet tables, int tile)
    {
        int group = tile / matrix.Blocks, first = tile % matrix.Blocks * TiledMatrix.TileColumns;
        var columns = Math.Min(TiledMatrix.TileColumns, matrix.Columns - first);
        var blocks = (columns + 3) / 4;
        Symbols = new byte[blocks * RansFormat.BlockSymbols];
        Tables = new CodingTable[blocks * RansFormat.BlockTables];
        // Lanes beyond the last row's vector are like columns that do not exist.
        var vectors = ModelPack.Entropy.ColumnTables.VectorsOf(group, matrix.Rows);
        Span<short> values = stackalloc short[TiledMatrix.TileRows];
        ClassCoding? coding = null;
        for (var column = 0; column < 4 * blocks; column++)
        {
            if (column < columns)
            {
                coding = tables.Of(matrix.RowClasses[group] + matrix.ColumnClasses[first + column]);
                stored.Column(group, first + column, values);
                Column(column, values[..(LanesPerVector * vectors)], coding, (1 << (matrix.Widths[tile] - (matrix.States == 1 ? 1 : 2))) - (matrix.States == 1 ? 128 : 64));
            }
            else
            {
                // Columns that do not exist are symbols 0, under a table that makes them cost nothing; no path goes on from there.
                coding = s_padding;
            }

            for (var vector = 0; vector < RansFormat.Vectors; vector++)
            {
                Tables[(column / 4 * RansFormat.BlockTables) + (4 * (column & 3)) + vector] = (vector < vectors ? coding! : s_padding).Table;
            }
        }
    }

    public byte[] Symbols { get; }

    public CodingTable[] Tables { get; }

    public byte[] Raw => _raw.ToArray();

    /// <summary>Place: 64 · column + lane; what the planes hold.</summary>
    public IReadOnlyList<(int Place, byte Value)> Beside => _beside;

    private void Column(int column, ReadOnlySpan<short> values, ClassCoding coding, int toStored)
    {
        Span<ulong> raw = stackalloc ulong[TiledTables.MaxRawBits];
        raw.Clear();
        for (var lane = 0; lane < values.Length; lane++)
        {
            var branch = values[lane] >= StoredCodes.Values;
            var value = values[lane] % StoredCodes.Values;
            var symbol = coding.Symbol(value, out var low);
            if (symbol < 0)
            {
                symbol = coding.Instead(value, branch);
                low = 0;
                _beside.Add(((64 * column) + lane, (byte)((coding.States == 1 ? value : value >> 1) + toStored)));
            }

            for (var p = 0; p < coding.RawBits; p++)
            {
                raw[p] |= (ulong)(uint)(low >> p & 1) << lane;
            }

            Symbols[Place(column, lane)] = (byte)(symbol | (branch ? CodingTable.BranchBit : 0));
        }

        Span<byte> word = stackalloc byte[8];
        for (var p = 0; p < coding.RawBits; p++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, raw[p]);
            _raw.Bytes(word[..(values.Length / 8)]);
        }
    }

    private static int Place(int column, int lane) => (column / 4 * RansFormat.BlockSymbols) + (4 * lane) + (column & 3);
}
