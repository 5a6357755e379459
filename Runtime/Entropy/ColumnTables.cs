using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// What the columns of a row group are decoded by, as a rung wants it: made once for consecutive row groups of one class, which rows sorted by class have many of.
/// </summary>
internal unsafe ref struct ColumnTables
{
    private readonly TiledTables _tables;
    private readonly ReadOnlySpan<int> _classes;
    private readonly int _padded;
    private readonly byte* _memory;
    private int _rowClass;
    private bool _isMade;

    /// <param name="tables">Of the weight.</param>
    /// <param name="classes">Of its columns.</param>
    /// <param name="memory"><see cref="Bytes"/>; stays where it is.</param>
    public ColumnTables(TiledTables tables, ReadOnlySpan<int> classes, byte* memory)
    {
        _tables = tables;
        _classes = classes;
        _memory = memory;
        _padded = Padded(classes.Length);
        for (var column = classes.Length; column < _padded; column++)
        {
            Put(column, tables.Padding);
        }
    }

    /// <summary>Raw bits of a row group, in words of 64 lanes.</summary>
    public int RawWords { get; private set; }

    /// <summary>[columns / 4, step, vector]: addresses of tables.</summary>
    public readonly nint* Addresses => (nint*)_memory;

    /// <summary>[columns]: raw bits of a code.</summary>
    public readonly byte* RawBits => _memory + (RansFormat.Vectors * sizeof(nint) * _padded);

    /// <summary>[columns]: what u is above k or hi.</summary>
    public readonly byte* Biases => RawBits + _padded;

    /// <summary>Bytes for a weight's columns.</summary>
    public static long Bytes(int columns) => (long)Padded(columns) * ((RansFormat.Vectors * sizeof(nint)) + 2);

    /// <summary>The row groups that come are of this class.</summary>
    /// <exception cref="CorruptStreamException">A sum of classes has no table.</exception>
    public void Set(int rowClass)
    {
        if (_isMade && rowClass == _rowClass)
        {
            return;
        }

        (_rowClass, _isMade, RawWords) = (rowClass, true, 0);
        for (var column = 0; column < _classes.Length; column++)
        {
            ref readonly var table = ref _tables.Of(unchecked(rowClass + _classes[column]));
            Put(column, table);
            RawWords += table.RawBits;
        }
    }

    private static int Padded(int columns) => TiledLayout.BlockColumns * TiledLayout.Blocks(columns);

    private readonly void Put(int column, in TiledTable table)
    {
        // The same for all four vectors, which are the sub-groups.
        var addresses = Addresses + (RansFormat.Vectors * (long)column);
        addresses[0] = addresses[1] = addresses[2] = addresses[3] = table.Address;
        RawBits[column] = table.RawBits;
        Biases[column] = table.Bias;
    }
}
