using System.Runtime.Intrinsics;
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
    private int _vectors;

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
            Put(column, tables.Padding, RansFormat.Vectors);
        }
    }

    /// <summary>Raw bits of a row group, in bytes: two for each vector and bit.</summary>
    public long RawBytes { get; private set; }

    /// <summary>[columns / 4, step, vector]: addresses of tables.</summary>
    public readonly nint* Addresses => (nint*)_memory;

    /// <summary>[columns]: raw bits of a code.</summary>
    public readonly byte* RawBits => _memory + (RansFormat.Vectors * sizeof(nint) * _padded);

    /// <summary>[columns]: what u is above k or hi.</summary>
    public readonly byte* Biases => RawBits + _padded;

    /// <summary>Bytes for a weight's columns.</summary>
    public static long Bytes(int columns) => (long)Padded(columns) * ((RansFormat.Vectors * sizeof(nint)) + 2);

    /// <summary>Vectors of 16 lanes that hold rows in a group, of a weight of <paramref name="rows"/> rows.</summary>
    public static int VectorsOf(int group, int rows) =>
        (Math.Min(TiledLayout.GroupRows, rows - (group * TiledLayout.GroupRows)) + GroupedLayout.RowGroupRows - 1) / GroupedLayout.RowGroupRows;

    /// <summary>The row groups that come are of this class.</summary>
    /// <param name="rowClass">The class.</param>
    /// <param name="vectors"><see cref="VectorsOf"/>: others are as columns that do not exist.</param>
    /// <exception cref="CorruptStreamException">A sum of classes has no table.</exception>
    public void Set(int rowClass, int vectors)
    {
        if (vectors == _vectors && rowClass == _rowClass)
        {
            return;
        }

        (_rowClass, _vectors, RawBytes) = (rowClass, vectors, 0);
        for (var column = 0; column < _classes.Length; column++)
        {
            ref readonly var table = ref _tables.Of(unchecked(rowClass + _classes[column]));
            Put(column, table, vectors);
            RawBytes += table.RawBits * sizeof(ushort) * vectors;
        }
    }

    private static int Padded(int columns) => TiledLayout.BlockColumns * TiledLayout.Blocks(columns);

    private readonly void Put(int column, in TiledTable table, int vectors)
    {
        // The same for all vectors, which are the sub-groups.
        var addresses = Addresses + (RansFormat.Vectors * (long)column);
        if (vectors == RansFormat.Vectors && sizeof(nint) == sizeof(long))
        {
            Vector256.Store(Vector256.Create((long)table.Address), (long*)addresses);
        }
        else
        {
            for (var v = 0; v < RansFormat.Vectors; v++)
            {
                addresses[v] = v < vectors ? table.Address : _tables.Padding.Address;
            }
        }

        RawBits[column] = table.RawBits;
        Biases[column] = table.Bias;
    }
}
