using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Tests.Reference;

/// <summary>What a random tiled weight looks like.</summary>
/// <param name="States">1, 4 or 8.</param>
/// <param name="Width">Of every tile; 0: any width of 2 to 8.</param>
/// <param name="EscapesPerTile">On the average.</param>
/// <param name="RowsInOrder">Rows as in the source; else in any order.</param>
/// <param name="Extreme">Every code the smallest or the largest of its width, deltas as large as they may be.</param>
/// <param name="Expanded">With a trellis: tiles of width 2 to 7 are scalar ones of the half steps, a bit wider.</param>
internal sealed record TiledShape(int States, int Width = 0, int EscapesPerTile = 3, bool RowsInOrder = false, bool Extreme = false, bool Expanded = false)
{
    public bool IsScalar(int width) => States == 1 || (Expanded && width < 8);

    /// <summary>Bits of memory for a code of a tile that has <paramref name="width"/> in compact form.</summary>
    public int Stored(int width) => States > 1 && IsScalar(width) ? width + 1 : width;
}

/// <summary>
/// A random weight of the tiled family: its integers, factors and orders, and its resident bytes, written in plain loops from the description in TiledLayout's
/// remarks alone. The same seed gives the same bytes on every platform. Shared with eng/kernel-check.
/// </summary>
internal sealed class RandomTiled
{
    private const int RowStepsPerOctave = 4;

    private readonly Random _random;

    public RandomTiled(int rows, int columns, TiledShape shape, Random random)
    {
        Shape = shape;
        _random = random;
        Rows = rows;
        Columns = columns;
        Groups = (rows + 63) / 64;
        Blocks = (columns + 63) / 64;
        Integers = new int[Groups * 64, Blocks * 64];
        ColumnOrder = Permutation(columns, false);
        RowOrder = Permutation(rows, shape.RowsInOrder);
        (ColumnExponents, RowExponents) = (Exponents(columns, 8), Exponents(rows, RowStepsPerOctave));
        ColumnScales = [.. ColumnExponents.Select(e => StepPowers.Of(e, 8))];
        RowSteps = [.. RowExponents.Select(e => StepPowers.Of(e, RowStepsPerOctave))];
        Bytes = Write();
    }

    public TiledShape Shape { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int Groups { get; }

    public int Blocks { get; }

    /// <summary>By position, padding and escapes included.</summary>
    public int[,] Integers { get; }

    /// <summary>What the escapes add to what the tiles hold; group after group, in it sub-group after sub-group, in that block after block, by lane, then column.</summary>
    public List<(int Row, int Column, short Delta)> Escapes { get; } = [];

    public int[] ColumnExponents { get; }

    public int[] RowExponents { get; }

    public int[] ColumnOrder { get; }

    public float[] ColumnScales { get; }

    public int[] RowOrder { get; }

    public float[] RowSteps { get; }

    public byte[] Bytes { get; }

    /// <summary>Where the codes begin.</summary>
    public int CodesOffset { get; private set; }

    /// <summary>Where the kinds of the tiles begin.</summary>
    public int KindsOffset => FactorsOffset + Columns + Rows;

    /// <summary>Where the factors begin: columns', then rows'.</summary>
    public int FactorsOffset => OrdersOffset + (OrderBytes * (Columns + Rows)) + (2 * Escapes.Count);

    /// <summary>Where the orders begin: columns', then rows'.</summary>
    public int OrdersOffset => PlacesOffset + (4 * Escapes.Count);

    /// <summary>Where the escapes' places begin; their starts are behind the first 16 bytes.</summary>
    public int PlacesOffset => 16 + (4 * ((4 * Groups) + 1));

    private int OrderBytes => Math.Max(Rows, Columns) > 65536 ? 4 : 2;

    private int[] Permutation(int count, bool identity)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        if (!identity)
        {
            _random.Shuffle(order);
        }

        return order;
    }

    private int[] Exponents(int count, int perOctave) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(-5 * perOctave, 2 * perOctave))];

    private byte[] Write()
    {
        var kinds = new byte[Groups * Blocks];
        var escapes = new List<(int Row, int Column, short Delta)>();
        var codes = new MemoryStream();
        for (var g = 0; g < Groups; g++)
        {
            // Branch bits of each lane, from three columns before the first on.
            var path = new int[64, (Blocks * 64) + 3];
            for (var b = 0; b < Blocks; b++)
            {
                var width = Shape.Width == 0 ? _random.Next(2, 9) : Shape.Width;
                kinds[(g * Blocks) + b] = (byte)(Shape.Stored(width) | (Shape.IsScalar(width) ? 0 : 0x80));
                codes.Write(Tile(g, b, width, path));
                AddEscapes(g, b, escapes);
            }
        }

        // Sub-groups of 16 rows, then blocks, then rows, then columns.
        Escapes.AddRange(escapes.OrderBy(e => e.Row / 16).ThenBy(e => e.Column / 64).ThenBy(e => e.Row).ThenBy(e => e.Column));
        var header = new MemoryStream();
        Put(header, unchecked((uint)ColumnExponents.Min()));
        Put(header, unchecked((uint)RowExponents.Min()));
        Put(header, RowStepsPerOctave);
        Put(header, (uint)Escapes.Count);
        for (var s = 0; s <= 4 * Groups; s++)
        {
            Put(header, (uint)Escapes.Count(e => e.Row / 16 < s));
        }

        foreach (var (row, column, _) in Escapes)
        {
            Put(header, (uint)((column / 64 * 4096) + (row % 64 * 64) + (column % 64)));
        }

        foreach (var source in ColumnOrder.Concat(RowOrder))
        {
            Put(header, (uint)source, OrderBytes);
        }

        foreach (var (_, _, delta) in Escapes)
        {
            Put(header, (ushort)delta, 2);
        }

        header.Write([.. ColumnExponents.Select(e => (byte)(e - ColumnExponents.Min()))]);
        header.Write([.. RowExponents.Select(e => (byte)(e - RowExponents.Min()))]);
        header.Write(kinds);
        Pad(header);
        CodesOffset = (int)header.Length;
        header.Write(codes.ToArray());
        return header.ToArray();
    }

    private byte[] Tile(int group, int block, int width, int[,] path)
    {
        var trellis = Shape.States != 1;
        var bits = trellis ? width - 1 : width;
        var stored = Shape.Stored(width);
        var bytes = new byte[512 * stored];
        for (var lane = 0; lane < 64; lane++)
        {
            for (var column = 0; column < 64; column++)
            {
                // Four sub-groups of 16 rows, in each two units of 32 columns.
                var unit = ((lane / 16 * 2) + (column / 32)) * 64 * stored;
                var code = Shape.Extreme ? (_random.Next(4) == 0 ? 0 : (1 << bits) - 1) : _random.Next(1 << bits);
                var q = code - (1 << (bits - 1));
                if (trellis)
                {
                    var j = (block * 64) + column + 3;
                    var branch = path[lane, j] = _random.Next(2);
                    var lsb = branch ^ path[lane, j - 2] ^ (Shape.States == 8 ? path[lane, j - 3] : 0);
                    q = (4 * q) + (2 * lsb) + path[lane, j - 1];
                    if (!Shape.IsScalar(width))
                    {
                        SetCode(bytes, unit + (64 * bits), 1, lane % 16, column % 32, branch);
                    }
                }

                var isHalfSteps = trellis && Shape.IsScalar(width);
                SetCode(bytes, unit, isHalfSteps ? stored : bits, lane % 16, column % 32, isHalfSteps ? q + (1 << width) : code);

                Integers[(group * 64) + lane, (block * 64) + column] = q;
            }
        }

        return bytes;
    }

    private void AddEscapes(int group, int block, List<(int, int, short)> escapes)
    {
        for (var lane = 0; lane < 64; lane++)
        {
            for (var column = 0; column < 64; column++)
            {
                if (_random.Next(4096) < Shape.EscapesPerTile)
                {
                    var delta = (short)(Shape.Extreme ? short.MaxValue : _random.Next(-1000, 1000));
                    escapes.Add(((64 * group) + lane, (64 * block) + column, delta));
                    Integers[(group * 64) + lane, (block * 64) + column] += delta;
                }
            }
        }
    }

    private static void SetCode(byte[] bytes, int planes, int bits, int row, int column, int code)
    {
        int quad = column / 4, place = (4 * row) + (column % 4);
        if (bits == 8)
        {
            bytes[planes + (64 * quad) + place] = (byte)code;
            return;
        }

        if (bits >= 4)
        {
            bytes[planes + (64 * (quad / 2)) + place] |= (byte)((code % 16) << (4 * (quad % 2)));
            planes += 256;
            code /= 16;
        }

        if (bits % 4 >= 2)
        {
            bytes[planes + (64 * (quad / 4)) + place] |= (byte)((code % 4) << (2 * (quad % 4)));
            planes += 128;
            code /= 4;
        }

        if (bits % 2 == 1)
        {
            bytes[planes + place] |= (byte)(code << quad);
        }
    }

    private static void Put(Stream stream, uint value, int bytes = 4)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        stream.Write(four, 0, bytes);
    }

    private static void Pad(MemoryStream stream) => stream.Write(new byte[(int)((64 - (stream.Length % 64)) % 64)]);
}
