using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Kernels;

/// <summary>Every resident format on every rung that this processor has, against plain loops: the same bits, for any shape and any number of tokens.</summary>
public unsafe class MatrixKernelTests
{
    /// <summary>The tiled family has tests of its own (<see cref="TiledKernelTests"/>).</summary>
    private static readonly MatrixKernel[] s_kernels = [.. KernelTable.All.Where(k => k.Format.Family != WeightFamily.Tiled)];

    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 32), (16, 64), (37, 96), (64, 172), (48, 288), (20, 576)];

    public static TheoryData<int, KernelSet> KernelsAndRungs()
    {
        var data = new TheoryData<int, KernelSet>();
        for (var i = 0; i < s_kernels.Length; i++)
        {
            foreach (var rung in KernelSets.Supported)
            {
                data.Add(i, rung);
            }
        }

        return data;
    }

    public static TheoryData<int> AllKernels() => [.. Enumerable.Range(0, s_kernels.Length)];

    [Theory]
    [MemberData(nameof(KernelsAndRungs))]
    public void Int8_products_have_the_bits_of_the_reference(int index, KernelSet rung)
    {
        var kernel = s_kernels[index];
        if (!kernel.UsesInt8)
        {
            return;
        }

        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            var bytes = RandomWeights.Resident(kernel, rows, columns, random);
            var reference = new ReferenceGrouped(bytes, kernel.Format, rows, columns);
            foreach (var tokens in (int[])[1, 2, 3, 8, 17])
            {
                var x = RandomFloats(tokens * columns, random);
                var buffer = new byte[QuantizedActivations.Bytes(tokens, columns)];
                var scratch = new byte[kernel.ScratchBytes(columns)];
                var y = new float[tokens * rows];
                fixed (byte* w = bytes, b = buffer, s = scratch)
                fixed (float* px = x, py = y)
                {
                    var a = QuantizedActivations.In(b, tokens, columns);
                    var expected = new List<float>();
                    for (var t = 0; t < tokens; t++)
                    {
                        a.Quantize<ScalarLanes>(px + (t * columns), columns, t);
                        expected.AddRange(reference.MultiplyInt8(
                            new ReadOnlySpan<sbyte>(a.Codes(t), a.Stride).ToArray(), new ReadOnlySpan<float>(a.Scales(t), a.Stride / 32).ToArray()));
                    }

                    var call = new MatrixCall(rung, (nint)w, rows, columns, tokens, (nint)py, rows, false);
                    var blocks = (rows + kernel.RowsPerBlock - 1) / kernel.RowsPerBlock;
                    kernel.MultiplyInt8(call, a, 0, blocks / 2, s);
                    kernel.MultiplyInt8(call, a, blocks / 2, blocks, s);
                    AssertSameBits(expected, y, $"{kernel.Format} {rung} [{rows}, {columns}] × {tokens}");

                    kernel.MultiplyInt8(call with { Accumulate = true }, a, 0, blocks, s);
                    AssertSameBits([.. expected.Select(v => v + v)], y, $"accumulating {kernel.Format} {rung}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(KernelsAndRungs))]
    public void Float_products_have_the_bits_of_the_reference(int index, KernelSet rung)
    {
        var kernel = s_kernels[index];
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            var bytes = RandomWeights.Resident(kernel, rows, columns, random);
            foreach (var tokens in (int[])[1, 2, 5])
            {
                var x = RandomFloats(tokens * columns, random);
                var expected = new List<float>();
                for (var t = 0; t < tokens; t++)
                {
                    var row = x[(t * columns)..((t + 1) * columns)];
                    expected.AddRange(kernel.Format.Family == WeightFamily.Plain
                        ? ReferencePlain.Multiply(bytes, kernel.Format.Plain, rows, columns, row)
                        : new ReferenceGrouped(bytes, kernel.Format, rows, columns).MultiplyFloat(row));
                }

                var y = new float[tokens * rows];
                var scratch = new byte[Math.Max(1, kernel.ScratchBytes(columns))];
                fixed (byte* w = bytes, s = scratch)
                fixed (float* px = x, py = y)
                {
                    var call = new MatrixCall(rung, (nint)w, rows, columns, tokens, (nint)py, rows, false);
                    kernel.MultiplyFloat(call, px, columns, 0, (rows + kernel.RowsPerBlock - 1) / kernel.RowsPerBlock, s);
                }

                AssertSameBits(expected, y, $"{kernel.Format} {rung} [{rows}, {columns}] × {tokens}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Dequantised_rows_have_the_values_of_the_reference(int index)
    {
        var kernel = s_kernels[index];
        const int Rows = 20, Columns = 288;
        var bytes = RandomWeights.Resident(kernel, Rows, Columns, new Random(index));
        var values = new float[Columns];
        for (var row = 0; row < Rows; row++)
        {
            fixed (byte* w = bytes)
            fixed (float* v = values)
            {
                kernel.Dequantize(w, Rows, Columns, row, v);
            }

            var expected = Enumerable.Range(0, Columns).Select(c => kernel.Format.Family == WeightFamily.Plain
                ? ReferencePlain.Element(bytes, kernel.Format.Plain, (row * Columns) + c)
                : new ReferenceGrouped(bytes, kernel.Format, Rows, Columns).Dequantized(row, c));
            AssertSameBits([.. expected], values, $"{kernel.Format} row {row}");
        }
    }

    [Fact]
    public void Extreme_codes_and_activations_do_not_saturate()
    {
        foreach (var kernel in s_kernels.Where(k => k.UsesInt8))
        {
            foreach (var rung in KernelSets.Supported)
            {
                var layout = new GroupedLayout(kernel.Format, 16, 64);
                var bytes = new byte[layout.TotalBytes];
                bytes.AsSpan().Fill(0xFF);
                RandomWeights.SetScales(kernel, 16, 64, bytes, new Random(1));
                var reference = new ReferenceGrouped(bytes, kernel.Format, 16, 64);
                foreach (var sign in (int[])[1, -1])
                {
                    var x = Enumerable.Repeat((float)sign, 64).ToArray();
                    var buffer = new byte[QuantizedActivations.Bytes(8, 64)];
                    var scratch = new byte[kernel.ScratchBytes(64)];
                    var y = new float[8 * 16];
                    fixed (byte* w = bytes, b = buffer, s = scratch)
                    fixed (float* px = x, py = y)
                    {
                        var a = QuantizedActivations.In(b, 8, 64);
                        for (var t = 0; t < 8; t++)
                        {
                            a.Quantize<ScalarLanes>(px, 64, t);
                        }

                        var expected = reference.MultiplyInt8(new ReadOnlySpan<sbyte>(a.Codes(0), 64).ToArray(), new ReadOnlySpan<float>(a.Scales(0), 2).ToArray());
                        Assert.Equal(127 * sign, a.Codes(0)[5]);
                        foreach (var tokens in (int[])[1, 8])
                        {
                            kernel.MultiplyInt8(new MatrixCall(rung, (nint)w, 16, 64, tokens, (nint)py, 16, false), a, 0, 1, s);
                            AssertSameBits([.. expected], y[..16], $"{kernel.Format} {rung}");
                        }
                    }
                }
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
