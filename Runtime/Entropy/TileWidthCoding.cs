namespace ModelPack.Entropy;

/// <summary>Widths of tiles, 2 to 8, each told from the one to the left and the one above.</summary>
internal sealed class TileWidthCoding
{
    public const int Bits = 3;

    private readonly ushort[] _trees = BinaryModel.New(16 << Bits);

    /// <summary>The tree for a tile.</summary>
    /// <param name="widths">[groups, blocks] as far as known.</param>
    /// <param name="blocks">Tiles of a group.</param>
    /// <param name="tile">Which is next.</param>
    public Span<ushort> TreeOf(ReadOnlySpan<byte> widths, int blocks, int tile)
    {
        var left = tile % blocks > 0 ? widths[tile - 1] : 0;
        var above = tile >= blocks ? widths[tile - blocks] : 0;
        var context = left == 0 ? above : above == 0 ? left : (left + above) / 2;
        return _trees.AsSpan(((left != 0 && above != 0 && (left + above) % 2 == 1 ? 8 : 0) + (context & 7)) << Bits, 1 << Bits);
    }

    /// <exception cref="CorruptStreamException">A width of 9.</exception>
    public static void Decode(ref BinaryDecoder from, Span<byte> widths, int blocks)
    {
        var coding = new TileWidthCoding();
        for (var t = 0; t < widths.Length; t++)
        {
            var width = 2 + from.Tree(coding.TreeOf(widths, blocks, t), Bits);
            widths[t] = width <= 8 ? (byte)width : throw new CorruptStreamException($"tile {t} is {width} bits wide");
        }
    }
}
