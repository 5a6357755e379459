using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Execution;

namespace ModelPack.Tests.Calibration;

/// <summary>The engine's matrix product: right, and the same bits whatever the registers, the threads and the blocks.</summary>
public sealed unsafe class GemmTests
{
    public static TheoryData<int, int, int> Shapes => new() { { 1, 1, 1 }, { 12, 32, 256 }, { 13, 33, 257 }, { 250, 70, 600 }, { 64, 577, 31 }, { 130, 1030, 64 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Product_is_a_chain_of_fused_multiply_adds_in_every_form(int rows, int columns, int k)
    {
        float[] a = Values(rows * k, 1), b = Values(k * columns, 2), start = Values(rows * columns, 3);
        var expected = new float[rows * columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var sum = start[(i * columns) + j];
                for (var s = 0; s < k; s++)
                {
                    sum = MathF.FusedMultiplyAdd(a[(i * k) + s], b[(s * columns) + j], sum);
                }

                expected[(i * columns) + j] = sum;
            }
        }

        foreach (var width in new[] { GemmWidth.Bits128, GemmWidth.Bits256, GemmWidth.Bits512 })
        {
            foreach (var threads in new[] { 0, 1, 3 })
            {
                Assert.Equal(expected, Multiply(width, threads, rows, columns, k, a, b, start, transposed: false));
                Assert.Equal(expected, Multiply(width, threads, rows, columns, k, a, b, start, transposed: true));
            }
        }
    }

    [Fact]
    public void Symmetric_products_have_their_upper_half()
    {
        const int Tokens = 40, Width = 75;
        var x = Values(Tokens * Width, 4);
        var h = new float[Width * Width];
        using var gemm = new Gemm();
        fixed (float* from = x, to = h)
        {
            var view = new MatrixView(from, Tokens, Width);
            gemm.Multiply(new(2, CancellationToken.None), view.Transposed, view, to, Width, accumulate: true, upper: true);
        }

        for (var i = 0; i < Width; i++)
        {
            for (var j = i; j < Width; j++)
            {
                Assert.Equal(Enumerable.Range(0, Tokens).Sum(t => (double)x[(t * Width) + i] * x[(t * Width) + j]), h[(i * Width) + j], 1e-4);
            }
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var gemm = new Gemm();
        using var buffer = new NativeBuffer(1024, clear: true);
        var at = (nint)buffer.Floats;
        Assert.Throws<ArgumentException>(() => gemm.Multiply(null, new MatrixView((float*)at, 2, 5), new MatrixView((float*)at, 4, 3), (float*)at, 3, false));
    }

    /// <summary>With operands as they are, or stored the other way round.</summary>
    private static float[] Multiply(GemmWidth width, int threads, int rows, int columns, int k, float[] a, float[] b, float[] start, bool transposed)
    {
        using var gemm = new Gemm(width);
        var c = (float[])start.Clone();
        float[] left = transposed ? Transpose(a, rows, k) : a, right = transposed ? Transpose(b, k, columns) : b;
        fixed (float* pa = left, pb = right, pc = c)
        {
            var va = transposed ? new MatrixView(pa, k, rows).Transposed : new MatrixView(pa, rows, k);
            var vb = transposed ? new MatrixView(pb, columns, k).Transposed : new MatrixView(pb, k, columns);
            gemm.Multiply(threads == 0 ? null : new Workers(threads, CancellationToken.None), va, vb, pc, columns, accumulate: true);
        }

        return c;
    }

    private static float[] Transpose(float[] x, int rows, int columns) => [.. Enumerable.Range(0, columns).SelectMany(j => Enumerable.Range(0, rows).Select(i => x[(i * columns) + j]))];

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
    }
}
