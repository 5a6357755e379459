using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace ModelPack.Formats;

/// <summary>
/// A resident weight of the tiled family (<see cref="TiledLayout"/>), checked once: everything that kernels use as an index or an offset is within bounds.
/// </summary>
internal sealed unsafe class TiledView
{
    private const int MaxColumns = 1 << 24;

    private readonly string _name;
    private readonly long[] _groupOffsets;
    private readonly ushort* _columnOrder;
    private readonly ushort* _rowOrder;
    private readonly float[] _columnTable;
    private readonly float[] _rowTable;
    private readonly Lazy<int[]> _rowPositions;

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
        IsWide = TiledLayout.IsWide(rows, columns);
        Require(columns <= MaxColumns && TiledLayout.IsPossible(rows, columns, bytes), $"{bytes} bytes are not possible for it");
        var head = (int*)data;
        var escapes = (uint)head[3];
        var header = TiledLayout.HeaderBytes(rows, columns, escapes);
        Require(header <= bytes, $"its {escapes} escapes do not fit into {bytes} bytes");
        EscapeStarts = (uint*)(data + TiledLayout.HeadBytes);
        EscapePlaces = EscapeStarts + ((long)TiledLayout.SubGroups * Groups) + 1;
        _columnOrder = (ushort*)(EscapePlaces + escapes);
        _rowOrder = _columnOrder + ((long)columns * (IsWide ? 2 : 1));
        EscapeDeltas = (short*)(_rowOrder + ((long)rows * (IsWide ? 2 : 1)));
        ColumnFactors = (byte*)(EscapeDeltas + escapes);
        RowFactors = ColumnFactors + columns;
        Kinds = RowFactors + rows;
        Codes = data + header;
        _groupOffsets = new long[Groups + 1];

        _columnTable = Table("column scale", head[0], TiledLayout.ColumnStepsPerOctave, new(ColumnFactors, columns));
        _rowTable = Table("row step", head[1], head[2], new(RowFactors, rows));
        ColumnScales = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_columnTable, 0);
        RowSteps = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_rowTable, 0);
        CheckOrder("column", _columnOrder, columns);
        CheckOrder("row", _rowOrder, rows);
        CheckEscapes(escapes);
        MeasureTiles();
        Require(bytes == header + _groupOffsets[Groups], $"its tiles take {header + _groupOffsets[Groups]} bytes, there are {bytes}");
        ColumnsHash = HashOfColumns(head[0]);
        _rowPositions = new(RowPositions);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>1: scalar codes; 4 or 8: trellis states.</summary>
    public int States { get; }

    /// <summary>Row groups of 64.</summary>
    public int Groups { get; }

    /// <summary>Blocks of 64 columns.</summary>
    public int Blocks { get; }

    /// <summary>Whether rows and columns are numbered in 4 bytes.</summary>
    public bool IsWide { get; }

    /// <summary>[Columns]: which of <see cref="ColumnScales"/>.</summary>
    public byte* ColumnFactors { get; }

    /// <summary>c_j by <see cref="ColumnFactors"/>.</summary>
    public float* ColumnScales { get; }

    /// <summary>[Rows]: which of <see cref="RowSteps"/>.</summary>
    public byte* RowFactors { get; }

    /// <summary>step_i by <see cref="RowFactors"/>.</summary>
    public float* RowSteps { get; }

    /// <summary>[Groups, Blocks].</summary>
    public byte* Kinds { get; }

    /// <summary>[4 · Groups + 1].</summary>
    public uint* EscapeStarts { get; }

    /// <summary>Block · 4096 + lane · 64 + column.</summary>
    public uint* EscapePlaces { get; }

    public short* EscapeDeltas { get; }

    public byte* Codes { get; }

    /// <summary>Hash of column order and scales: weights that agree in it take the same quantised activations.</summary>
    public UInt128 ColumnsHash { get; }

    /// <summary>Source column at a position.</summary>
    public int Column(int position) => IsWide ? ((int*)_columnOrder)[position] : _columnOrder[position];

    /// <summary>Source row at a position.</summary>
    public int Row(int position) => IsWide ? ((int*)_rowOrder)[position] : _rowOrder[position];

    /// <summary>[Columns] where not <see cref="IsWide"/>: source column at each position.</summary>
    public ushort* NarrowColumns => _columnOrder;

    /// <summary>[Rows] where not <see cref="IsWide"/>: source row at each position.</summary>
    public ushort* NarrowRows => _rowOrder;

    /// <summary>Position of a source row.</summary>
    public int RowPosition(int row) => _rowPositions.Value[row];

    /// <summary>First byte of a row group among <see cref="Codes"/>.</summary>
    public long GroupOffset(int group) => _groupOffsets[group];

    /// <summary>Whether another weight takes the very same quantised activations.</summary>
    public bool SharesColumns(TiledView other) => Columns == other.Columns && ColumnsHash == other.ColumnsHash;

    private int[] RowPositions()
    {
        var positions = new int[Rows];
        for (var p = 0; p < Rows; p++)
        {
            positions[Row(p)] = p;
        }

        return positions;
    }

    private UInt128 HashOfColumns(int exponentBase)
    {
        var hash = new XxHash128();
        hash.Append(new ReadOnlySpan<byte>(&exponentBase, sizeof(int)));
        hash.Append(new ReadOnlySpan<byte>(_columnOrder, checked(Columns * (IsWide ? 4 : 2))));
        hash.Append(new ReadOnlySpan<byte>(ColumnFactors, Columns));
        return hash.GetCurrentHashAsUInt128();
    }

    /// <summary>A permutation.</summary>
    private void CheckOrder(string what, ushort* order, int count)
    {
        var seen = new bool[count];
        for (var i = 0; i < count; i++)
        {
            var source = IsWide ? ((int*)order)[i] : order[i];
            Require((uint)source < (uint)count && !seen[source], $"{what} order has {source} at position {i}; expected each of 0 … {count - 1} once");
            seen[source] = true;
        }
    }

    /// <summary>The factors that are used, at an address that stays.</summary>
    private float[] Table(string what, int first, int perOctave, ReadOnlySpan<byte> used)
    {
        Require(perOctave is >= 1 and <= byte.MaxValue, $"{what}s have {perOctave} steps per octave; expected 1 to 255");
        byte most = 0;
        foreach (var e in used)
        {
            most = Math.Max(most, e);
        }

        // Halved where the stored integers count half steps.
        Require(
            first >= (TiledLayout.LeastOctave - 1) * perOctave && (long)first + most <= TiledLayout.MostOctave * perOctave,
            $"{what}s are 2^({first}/{perOctave}) to 2^({(long)first + most}/{perOctave}); expected 2^{TiledLayout.LeastOctave - 1} to 2^{TiledLayout.MostOctave}");
        var table = GC.AllocateUninitializedArray<float>(most + 1, pinned: true);
        for (var e = 0; e < table.Length; e++)
        {
            table[e] = StepPowers.Of(first + e, perOctave);
        }

        return table;
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

    private void CheckEscapes(uint count)
    {
        var parts = TiledLayout.SubGroups * Groups;
        Require(EscapeStarts[0] == 0 && EscapeStarts[parts] == count, $"its escapes are number {EscapeStarts[0]} to {EscapeStarts[parts]}; expected 0 to {count}");
        for (var s = 0; s < parts; s++)
        {
            uint start = EscapeStarts[s], end = EscapeStarts[s + 1];
            Require(start <= end && end <= count, $"sub-group {s} has escapes {start} to {end} of {count}");
            long before = -1;
            for (var e = start; e < end; e++)
            {
                var place = EscapePlaces[e];
                Require(place > before && place >> 12 < Blocks && (place >> 10 & 3) == s % TiledLayout.SubGroups, $"escape {e - start} of sub-group {s} is at block {place >> 12}, lane {place >> 6 & 63}, column {place & 63}; expected ascending places in {Blocks} blocks");
                before = place;
            }
        }
    }

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
