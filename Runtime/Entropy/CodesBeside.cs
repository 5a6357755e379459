using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>The few codes of a chunk's tiles that no table holds, in the order of the tiles, in each column by column.</summary>
internal unsafe ref struct CodesBeside
{
    private const int Tile = TiledLayout.GroupRows * TiledLayout.BlockColumns;

    private ByteCursor _from;
    private readonly long _places;
    private int _left;
    private long _next;

    /// <param name="bytes">A varint of how many, then each.</param>
    /// <param name="tiles">Of the chunk.</param>
    public CodesBeside(ReadOnlySpan<byte> bytes, long tiles)
    {
        _from = new(bytes);
        _places = tiles * Tile;
        _left = _from.Varint();
        _next = -1;
        Advance();
    }

    /// <summary>Puts those of a tile into its codes.</summary>
    /// <param name="tile">Of the chunk.</param>
    /// <param name="codes">Blocks of four columns, 256 bytes each.</param>
    /// <param name="columns">That exist.</param>
    /// <param name="pathBits">Lowest bits of a code that belong to the path of a trellis, and stay.</param>
    public void Patch(int tile, byte* codes, int columns, int pathBits)
    {
        while (_next < (tile + 1L) * Tile)
        {
            var place = (int)(_next - ((long)tile * Tile));
            int column = place / TiledLayout.GroupRows, lane = place % TiledLayout.GroupRows;
            if (column >= columns)
            {
                throw new CorruptStreamException($"a code beside lies in column {column} of {columns}");
            }

            var code = codes + (column / 4 * RansFormat.BlockSymbols) + (4 * lane) + (column & 3);
            *code = (byte)((_from.U8() << pathBits) | (*code & ((1 << pathBits) - 1)));
            Advance();
        }
    }

    /// <exception cref="CorruptStreamException">Some, or other bytes, are left.</exception>
    public readonly void Finish()
    {
        if (_next != long.MaxValue || _from.Left != 0)
        {
            throw new CorruptStreamException($"codes beside: {_from.Left} bytes are left over");
        }
    }

    private void Advance()
    {
        if (_left-- == 0)
        {
            _next = long.MaxValue;
            return;
        }

        _next += 1 + (long)_from.Varint();
        if (_next >= _places)
        {
            throw new CorruptStreamException($"a code beside lies at {_next} of {_places}");
        }
    }
}
