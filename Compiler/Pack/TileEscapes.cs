using System.Buffers.Binary;
using ModelPack.Compiler.Quantize;
using ModelPack.Formats;

namespace ModelPack.Compiler.Packing;

/// <summary>The codes of a matrix that their tile's width does not hold, tile by tile, in each by lane and column.</summary>
internal sealed class TileEscapes
{
    private readonly List<uint> _starts = [];
    private readonly List<(byte Lane, byte Column, short Delta)> _escapes = [];

    public TileEscapes(TiledMatrix matrix)
    {
        for (var group = 0; group < matrix.RowGroups; group++)
        {
            for (var block = 0; block < matrix.Blocks; block++)
            {
                _starts.Add((uint)_escapes.Count);
                Tile(matrix, group, block);
            }
        }

        _starts.Add((uint)_escapes.Count);
    }

    public int Count => _escapes.Count;

    /// <summary>The section without its padding.</summary>
    public void Write(Span<byte> target)
    {
        foreach (var start in _starts)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, start);
            target = target[4..];
        }

        foreach (var (lane, column, delta) in _escapes)
        {
            target[0] = lane;
            target[1] = column;
            BinaryPrimitives.WriteInt16LittleEndian(target[2..], delta);
            target = target[TiledLayout.EscapeBytes..];
        }
    }

    private void Tile(TiledMatrix matrix, int group, int block)
    {
        var first = block * TiledLayout.BlockColumns;
        var count = Math.Min(TiledLayout.BlockColumns, matrix.Columns - first);
        var (low, high) = TiledMatrix.Range(matrix.Widths[(group * matrix.Blocks) + block], matrix.States);
        var tile = matrix.Codes.AsSpan(((group * matrix.Columns) + first) * TiledLayout.GroupRows, count * TiledLayout.GroupRows);
        if (!tile.ContainsAnyExceptInRange((short)low, (short)high))
        {
            return;
        }

        for (var lane = 0; lane < TiledLayout.GroupRows; lane++)
        {
            for (var column = 0; column < count; column++)
            {
                int code = tile[(column * TiledLayout.GroupRows) + lane];
                if (code < low || code > high)
                {
                    _escapes.Add(((byte)lane, (byte)column, (short)(code - Stored(code, low, high, matrix.States))));
                }
            }
        }
    }

    /// <summary>What the planes hold instead: the nearest code that fits; with a trellis the nearest with the same lower bits, which belong to the path.</summary>
    private static int Stored(int code, int low, int high, int states) =>
        states == 1 ? Math.Clamp(code, low, high) : (4 * Math.Clamp(code >> 2, low >> 2, high >> 2)) + (code & 3);
}
