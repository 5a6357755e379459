using System.Buffers.Binary;
using System.IO.Hashing;

namespace ModelPack.Formats;

/// <summary>
/// A resident weight of the tiled family (<see cref="TiledLayout"/>), checked once: everything that kernels use as an index or an offset is within bounds.
/// </summary>
internal sealed unsafe class TiledView
{
    private const int MaxColumns = 1 << 24;

    private readonly string _name;
    private readonly long[] _groupOffsets;
    private readonly int[] _rowPositions;
    private readonly bool[] _inOrder;

    /// <param name="name">The weight's name, for messages.</param>
    /// <param name="data">The resident bytes; they stay where they are while the view is used.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="rows">Rows of the weight.</param>
    /// <param name="columns">Columns of the weight.</param>
    /// <param name="states">What the format says: 1, 4 or 8.</param>
    /// <exception cref="ModelPackException">MP5001.</exception>
    public TiledView(string name, byte* data, long bytes, int rows, int columns, int states)
    {
        _name = name;
        Rows = rows;
        Columns = columns;
        States = states;
        Groups = TiledLayout.Groups(rows);
        Blocks = TiledLayout.Blocks(columns);
        Require(columns <= MaxColumns && TiledLayout.IsPossible(rows, columns, bytes), $"{bytes} bytes are not possible for it");
        ColumnOrder = (int*)data;
        ColumnScales = (float*)(ColumnOrder + ((long)TiledLayout.BlockColumns * Blocks));
        RowOrder = (int*)(ColumnScales + ((long)TiledLayout.BlockColumns * Blocks));
        RowSteps = (float*)(RowOrder + ((long)TiledLayout.GroupRows * Groups));
        Kinds = (byte*)(RowSteps + ((long)TiledLayout.GroupRows * Groups));
        EscapeStarts = (uint*)(Kinds + TiledLayout.Padded((long)Groups * Blocks));
        Escapes = (byte*)(EscapeStarts + ((long)Groups * Blocks) + 1);
        _inOrder = new bool[Groups];
        _groupOffsets = new long[Groups + 1];

        Order("column", ColumnOrder, columns, (long)TiledLayout.BlockColumns * Blocks);
        Factors("column scale", ColumnScales, columns, (long)TiledLayout.BlockColumns * Blocks);
        _rowPositions = Order("row", RowOrder, rows, (long)TiledLayout.GroupRows * Groups);
        Factors("row step", RowSteps, rows, (long)TiledLayout.GroupRows * Groups);
        MarkOrder();
        MeasureTiles();
        var header = CheckEscapes(bytes);
        Codes = data + header;
        Require(bytes == header + _groupOffsets[Groups], $"its tiles take {header + _groupOffsets[Groups]} bytes, there are {bytes}");
        ColumnsHash = XxHash128.HashToUInt128(new(data, checked(2 * 4 * TiledLayout.BlockColumns * Blocks)));
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>1: scalar codes; 4 or 8: trellis states.</summary>
    public int States { get; }

    /// <summary>Row groups of 64.</summary>
    public int Groups { get; }

    /// <summary>Blocks of 64 columns.</summary>
    public int Blocks { get; }

    /// <summary>[64 · Blocks]: source column at each position; −1 from <see cref="Columns"/> on.</summary>
    public int* ColumnOrder { get; }

    /// <summary>[64 · Blocks].</summary>
    public float* ColumnScales { get; }

    /// <summary>[64 · Groups]: source row at each position; −1 from <see cref="Rows"/> on.</summary>
    public int* RowOrder { get; }

    /// <summary>[64 · Groups].</summary>
    public float* RowSteps { get; }

    /// <summary>[Groups, Blocks].</summary>
    public byte* Kinds { get; }

    /// <summary>[Groups · Blocks + 1].</summary>
    public uint* EscapeStarts { get; }

    /// <summary>{ u8 lane, u8 column, i16 delta }.</summary>
    public byte* Escapes { get; }

    public byte* Codes { get; }

    /// <summary>Hash of column order and scales: weights that agree in it take the same quantised activations.</summary>
    public UInt128 ColumnsHash { get; }

    /// <summary>Position of a source row.</summary>
    public int RowPosition(int row) => _rowPositions[row];

    /// <summary>First byte of a row group among <see cref="Codes"/>.</summary>
    public long GroupOffset(int group) => _groupOffsets[group];

    /// <summary>Whether the 64 rows of a group are consecutive ones of the source.</summary>
    public bool IsInOrder(int group) => _inOrder[group];

    /// <summary>Whether another weight takes the very same quantised activations.</summary>
    public bool SharesColumns(TiledView other) => Columns == other.Columns && ColumnsHash == other.ColumnsHash;

    /// <summary>A permutation, then −1; returns its inverse.</summary>
    private int[] Order(string what, int* order, int count, long padded)
    {
        var inverse = new int[count];
        Array.Fill(inverse, -1);
        for (var i = 0; i < count; i++)
        {
            var source = order[i];
            Require((uint)source < (uint)count && inverse[source] < 0, $"{what} order has {source} at position {i}; expected each of 0 … {count - 1} once");
            inverse[source] = i;
        }

        for (long i = count; i < padded; i++)
        {
            Require(order[i] == -1, $"{what} order has {order[i]} at position {i}, behind the last; expected −1");
        }

        return inverse;
    }

    private void Factors(string what, float* factors, int count, long padded)
    {
        for (long i = 0; i < padded; i++)
        {
            Require(i < count ? float.IsFinite(factors[i]) : BitConverter.SingleToInt32Bits(factors[i]) == 0, $"{what} {i} of {count} is {factors[i]}; expected a finite number, behind the last 0");
        }
    }

    private void MarkOrder()
    {
        for (var g = 0; g < Groups; g++)
        {
            var order = RowOrder + ((long)TiledLayout.GroupRows * g);
            var i = 1;
            while (i < TiledLayout.GroupRows && order[i] == order[0] + i)
            {
                i++;
            }

            _inOrder[g] = i == TiledLayout.GroupRows;
        }
    }

    private void MeasureTiles()
    {
        // A trellis weight has tiles of both kinds where it is expanded.
        var mask = States == 1 ? 0xFF : 0xFF ^ TiledLayout.Trellis;
        var kind = Kinds;
        for (var g = 0; g < Groups; g++)
        {
            var bytes = _groupOffsets[g];
            for (var b = 0; b < Blocks; b++, kind++)
            {
                var width = *kind & mask;
                Require(width is >= 2 and <= TiledLayout.MaxWidth, $"tile ({g}, {b}) is of kind 0x{*kind:x2}; expected a width of 2 to 8{(States == 1 ? "" : ", and bit 7 or not")}");
                bytes += TiledLayout.TileBytes(width);
            }

            _groupOffsets[g + 1] = bytes;
        }
    }

    /// <summary>Returns the bytes of all sections in front of the codes.</summary>
    private long CheckEscapes(long bytes)
    {
        var tiles = (long)Groups * Blocks;
        var count = EscapeStarts[tiles];
        var header = TiledLayout.HeaderBytes(Rows, Columns, count);
        Require(EscapeStarts[0] == 0 && header <= bytes, $"its {count} escapes, from number {EscapeStarts[0]} on, do not fit into {bytes} bytes");
        for (long t = 0; t < tiles; t++)
        {
            uint start = EscapeStarts[t], end = EscapeStarts[t + 1];
            Require(start <= end && end <= count, $"tile {t} has escapes {start} to {end} of {count}");
            var before = -1;
            for (var e = start; e < end; e++)
            {
                int lane = Escapes[4 * e], column = Escapes[(4 * e) + 1], place = (lane << 8) | column;
                Require(lane < TiledLayout.GroupRows && column < TiledLayout.BlockColumns && place > before, $"escape {e - start} of tile {t} is at lane {lane}, column {column}; expected ascending places in 64 × 64");
                before = place;
            }
        }

        return header;
    }

    /// <summary>The delta of an escape.</summary>
    public static int Delta(byte* escape) => BinaryPrimitives.ReadInt16LittleEndian(new(escape + 2, 2));

    private void Require(bool condition, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("condition")] ref RequireMessage what)
    {
        if (!condition)
        {
            throw new ModelPackException(MpCodes.PackMalformed, $"weight '{_name}' [{Rows}, {Columns}] is not a usable tiled weight: {what.Text}. Rebuild the application.");
        }
    }

    /// <summary>Text that is only put together where it is needed: millions of conditions are checked.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    private ref struct RequireMessage
    {
        private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler _inner;

        public RequireMessage(int literalLength, int formattedCount, bool condition, out bool needed)
        {
            needed = !condition;
            _inner = condition ? default : new(literalLength, formattedCount, System.Globalization.CultureInfo.InvariantCulture);
        }

        public string Text => _inner.ToString();

        public void AppendLiteral(string text) => _inner.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _inner.AppendFormatted(value);

        public void AppendFormatted<T>(T value, string format) => _inner.AppendFormatted(value, format);
    }
}
