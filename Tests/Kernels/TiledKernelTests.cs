using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Kernels;

/// <summary>The tiled family, every width and coding on every rung that this processor has, against plain loops: the same bits, for any shape and any number of tokens.</summary>
public unsafe class TiledKernelTests
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (100, 100), (64, 64), (37, 192), (130, 576), (192, 640)];

    /// <summary>Rows, or columns, that take four bytes to number.</summary>
    private static readonly (int Rows, int Columns)[] s_wideShapes = [(65_540, 64), (16, 65_600)];

    public static TheoryData<int, int, KernelSet> CodingsAndRungs()
    {
        var data = new TheoryData<int, int, KernelSet>();
        foreach (var states in (int[])[1, 4, 8])
        {
            for (var width = 0; width <= 8; width += width == 0 ? 2 : 1)
            {
                foreach (var rung in KernelSets.Supported)
                {
                    data.Add(states, width, rung);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(CodingsAndRungs))]
    public void Int8_products_have_the_bits_of_the_reference(int states, int width, KernelSet rung)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns + width);
            Int8(new(rows, columns, new(states, width, RowsInOrder: columns == 192), random), rung, random);
        }
    }

    [Fact]
    public void Weights_with_more_than_65536_rows_or_columns_multiply()
    {
        foreach (var (rows, columns) in s_wideShapes)
        {
            var random = new Random(rows);
            var weight = new RandomTiled(rows, columns, new(1, Width: 2, EscapesPerTile: 0), random);
            Int8(weight, KernelSet.Auto, random, tokens: [1, 8]);
            Float(weight, KernelSet.Auto, random);
        }
    }

    [Theory]
    [MemberData(nameof(CodingsAndRungs))]
    public void Extreme_codes_activations_and_escapes_do_not_saturate(int states, int width, KernelSet rung)
    {
        var random = new Random(width);
        foreach (var escapes in (int[])[0, 3, 2000])
        {
            Int8(new(64, 192, new(states, width, escapes, Extreme: true), random), rung, random, extreme: true);
        }
    }

    public static TheoryData<int, KernelSet> TrellisesAndRungs()
    {
        var data = new TheoryData<int, KernelSet>();
        foreach (var rung in KernelSets.Supported)
        {
            data.Add(4, rung);
            data.Add(8, rung);
        }

        return data;
    }

    /// <summary>Trellis tiles of width 8 stand between scalar ones of all widths, whose codes hold the path that they go on from.</summary>
    [Theory]
    [MemberData(nameof(TrellisesAndRungs))]
    public void Expanded_weights_have_the_bits_of_the_reference(int states, KernelSet rung)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            Int8(new(130, 832, new(states, Expanded: true, Extreme: seed % 4 == 3), random), rung, random, extreme: seed % 4 == 3);
            Float(new(70, 832, new(states, Expanded: true), random), rung, random);
        }

        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            Int8(new(rows, columns, new(states, RowsInOrder: columns == 192, Expanded: true), random), rung, random);
        }
    }

    [Theory]
    [MemberData(nameof(CodingsAndRungs))]
    public void Float_products_have_the_bits_of_the_reference(int states, int width, KernelSet rung)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns + width);
            Float(new(rows, columns, new(states, width), random), rung, random);
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(8, false)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    public void Dequantised_rows_have_the_values_of_the_reference(int states, bool expanded)
    {
        var weight = new RandomTiled(100, 200, new(states, Expanded: expanded), new Random(states));
        using var resident = new ResidentTiled(weight, states);
        var values = new float[200];
        for (var row = 0; row < 100; row++)
        {
            resident.Weight.DequantizeRow(row, values);
            AssertSameBits(ReferenceTiled.Row(weight, row), values, $"row {row}");
        }
    }

    private static void Float(RandomTiled weight, KernelSet rung, Random random)
    {
        using var resident = new ResidentTiled(weight, weight.Shape.States);
        int rows = weight.Rows, columns = weight.Columns;
        foreach (var tokens in (int[])[1, 3])
        {
            var x = RandomFloats(tokens * columns, random);
            var expected = new List<float>();
            for (var t = 0; t < tokens; t++)
            {
                expected.AddRange(ReferenceTiled.MultiplyFloat(weight, x.AsSpan(t * columns, columns)));
            }

            var y = new float[tokens * rows];
            fixed (float* px = x, py = y)
            {
                var call = resident.Call(rung, tokens, py);
                resident.Kernel.MultiplyFloat(call, px, columns, 0, (rows + 15) / 16, resident.Scratch);
                AssertSameBits(expected, y, $"float [{rows}, {columns}] × {tokens}");
                resident.Kernel.MultiplyFloat(call with { Accumulate = true }, px, columns, 0, (rows + 15) / 16, resident.Scratch);
                AssertSameBits([.. expected.Select(v => v + v)], y, $"accumulating float [{rows}, {columns}] × {tokens}");
            }
        }
    }

    private static void Int8(RandomTiled weight, KernelSet rung, Random random, bool extreme = false, int[]? tokens = null)
    {
        using var resident = new ResidentTiled(weight, weight.Shape.States);
        int rows = weight.Rows, columns = weight.Columns;
        foreach (var count in tokens ?? [1, 2, 3, 8, 17])
        {
            var x = RandomFloats(count * columns, random);
            if (extreme)
            {
                // All of c·x of one size: codes of 127.
                for (var i = 0; i < x.Length; i++)
                {
                    x[weight.ColumnOrder[i % columns] + (i / columns * columns)] = (random.Next(8) == 0 ? -1 : 1) / weight.ColumnScales[i % columns];
                }
            }

            var expected = new List<float>();
            for (var t = 0; t < count; t++)
            {
                expected.AddRange(ReferenceTiled.MultiplyInt8(weight, x.AsSpan(t * columns, columns)));
            }

            var buffer = new byte[QuantizedActivations.TiledBytes(count, columns)];
            var y = new float[count * rows];
            fixed (byte* b = buffer)
            fixed (float* px = x, py = y)
            {
                var a = QuantizedActivations.TiledIn(b, count, columns);
                LaneDispatch.Run(rung, new Quantise(a, (nint)px, resident.Weight.Tiled!, count));
                var call = resident.Call(rung, count, py);
                var blocks = (rows + 15) / 16;
                // In pieces that begin and end within row groups.
                for (var first = 0; first < blocks; first += 3)
                {
                    resident.Kernel.MultiplyInt8(call, a, first, Math.Min(first + 3, blocks), resident.Scratch);
                }

                AssertSameBits(expected, y, $"{rung} [{rows}, {columns}] × {count}");
                resident.Kernel.MultiplyInt8(call with { Accumulate = true }, a, 0, blocks, resident.Scratch);
                AssertSameBits([.. expected.Select(v => v + v)], y, $"accumulating {rung} [{rows}, {columns}] × {count}");
            }
        }
    }

    private readonly struct Quantise(QuantizedActivations a, nint x, TiledView weight, int tokens) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            for (var t = 0; t < tokens; t++)
            {
                a.Quantize<L>((float*)x + (t * weight.Columns), weight, t);
            }
        }
    }

    private static float[] RandomFloats(int count, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * MathF.Exp((random.NextSingle() * 6) - 3))];

    private static void AssertSameBits(IReadOnlyList<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (var i = 0; i < expected.Count; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i} is {actual[i]:R}, the reference has {expected[i]:R}.");
            }
        }
    }
}
