namespace ModelPack.Entropy;

/// <summary>What weights with the same input share: order and scales of their columns.</summary>
/// <remarks>u32 columns; then by the binary coder the order as runs and the exponents by position as differences.</remarks>
internal sealed class TiledColumns
{
    public const int MaxColumns = 1 << 24;

    private TiledColumns(int columns) => (Order, Exponents) = (new int[columns], new int[columns]);

    /// <summary>Source column at each position.</summary>
    public int[] Order { get; }

    /// <summary>c = 2^(e / 8).</summary>
    public int[] Exponents { get; }

    /// <exception cref="CorruptStreamException">It is nothing of the kind.</exception>
    public static TiledColumns Read(ReadOnlySpan<byte> bytes)
    {
        var cursor = new ByteCursor(bytes);
        var columns = cursor.I32();
        if (columns is < 1 or > MaxColumns)
        {
            throw new CorruptStreamException($"{columns} columns are described");
        }

        var read = new TiledColumns(columns);
        var from = new BinaryDecoder(cursor.Take(cursor.Left));
        SideNumbers.Order(ref from, read.Order);
        SideNumbers.Differences(ref from, read.Exponents);
        from.Finish();
        return read;
    }
}
