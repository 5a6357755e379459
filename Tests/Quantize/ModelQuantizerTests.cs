using ModelPack.Compiler;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

/// <summary>Recipe F as a whole on random matrices.</summary>
public sealed class ModelQuantizerTests
{
    private const double Lambda = 3e-5;

    [Fact]
    public void Error_feedback_beats_rounding_to_nearest_at_equal_bits()
    {
        var input = RandomMatrices.Input(128, 192, 1);
        var quantized = RandomMatrices.Quantize([input], new(Lambda, 1));
        var (nearest, bits) = RoundToNearest(input, quantized.Matrices[0].Figures.CodeBits / input.Weights);
        var divergence = RandomMatrices.Divergence(input, QuantizedRows.Values(quantized.Matrices[0].Matrix));
        Assert.True(divergence < 0.5 * nearest, $"{divergence} against {nearest} at {bits} bits");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Trellis_saves_a_tenth_of_a_bit_at_equal_error(int states)
    {
        // At high resolution error falls as 4^−bits: compare both on that line.
        var input = RandomMatrices.Input(256, 192, 1);
        var (scalar, scalarBits) = Point(1);
        var (trellis, trellisBits) = Point(states);
        var saved = (scalarBits - trellisBits) + (0.5 * Math.Log2(scalar / trellis));
        Assert.True(saved >= 0.1, $"{saved} bit");

        (double Divergence, double Bits) Point(int s)
        {
            var q = RandomMatrices.Quantize([input], new(Lambda, s));
            return (RandomMatrices.Divergence(input, QuantizedRows.Values(q.Matrices[0].Matrix)), q.Matrices[0].Figures.CodeBits / input.Weights);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void Result_depends_neither_on_threads_nor_on_the_rung(int states)
    {
        var moments = RandomMatrices.Moments(100, 3);
        MatrixInput[] inputs = [RandomMatrices.Input(100, 100, 1, moments), RandomMatrices.Input(70, 100, 2, moments), RandomMatrices.Input(130, 90, 5, kind: MatrixKind.Vocabulary)];
        var expected = RandomMatrices.Quantize(inputs, new(Lambda, states) { Threads = 1 });
        foreach (var options in new[] { new QuantizerOptions(Lambda, states) { Threads = 4 }, new(Lambda, states) { Threads = 2, Kernels = KernelSet.Scalar } })
        {
            var actual = RandomMatrices.Quantize(inputs, options);
            for (var i = 0; i < inputs.Length; i++)
            {
                Equal(expected.Matrices[i].Matrix, actual.Matrices[i].Matrix);
                Assert.Equal(expected.Matrices[i].Figures, actual.Matrices[i].Figures);
            }

            Assert.Equal(expected.Tables.Linear.Bits, actual.Tables.Linear.Bits);
        }
    }

    [Fact]
    public void Matrices_of_one_input_share_order_and_scales_of_columns()
    {
        var moments = RandomMatrices.Moments(80, 3);
        var result = RandomMatrices.Quantize([RandomMatrices.Input(64, 80, 1, moments), RandomMatrices.Input(33, 80, 2, moments)], new(Lambda, 8));
        Assert.Equal(result.Matrices[0].Matrix.ColumnOrder, result.Matrices[1].Matrix.ColumnOrder);
        Assert.Equal(result.Matrices[0].Matrix.ColumnExponents, result.Matrices[1].Matrix.ColumnExponents);
    }

    [Theory]
    [InlineData(4, 0b101)]
    [InlineData(8, 0b1101)]
    public void Trellis_codes_follow_from_their_upper_bits_and_branch_bits(int states, int taps)
    {
        var matrix = RandomMatrices.Quantize([RandomMatrices.Input(70, 130, 1)], new(Lambda, states)).Matrices[0].Matrix;
        for (var p = 0; p < matrix.Rows; p++)
        {
            // b_(j−1) is the parity of n_j; the last column's own branch is free.
            int Branch(int j) => j < 0 ? 0 : matrix.Codes[(((p / 64 * matrix.Columns) + j + 1) * 64) + (p % 64)] & 1;
            Assert.Equal(0, matrix.Codes[(p / 64 * matrix.Columns * 64) + (p % 64)] & 1);
            for (var j = 0; j + 1 < matrix.Columns; j++)
            {
                var low = (matrix.Codes[(((p / 64 * matrix.Columns) + j) * 64) + (p % 64)] >> 1) & 1;
                Assert.Equal(Branch(j) ^ (((taps >> 2) & 1) * Branch(j - 2)) ^ (((taps >> 3) & 1) * Branch(j - 3)), low);
            }
        }
    }

    [Fact]
    public void Rows_are_sorted_by_class_and_padding_holds_zeros()
    {
        var matrix = RandomMatrices.Quantize([RandomMatrices.Input(150, 70, 1)], new(Lambda, 8)).Matrices[0].Matrix;
        Assert.Equal(Enumerable.Range(0, 150), matrix.RowOrder.Order());
        Assert.Equal(matrix.RowClasses.Order(), matrix.RowClasses);
        Assert.All(matrix.Widths, w => Assert.InRange(w, 2, 8));
        for (var j = 0; j < 70; j++)
        {
            Assert.All(matrix.Codes[(((2 * 70) + j) * 64 + 22)..(((2 * 70) + j + 1) * 64)], n => Assert.Equal(0, n));
        }
    }

    [Fact]
    public void Escapes_come_where_they_are_cheap_and_not_where_they_are_dear()
    {
        var input = RandomMatrices.Input(128, 128, 1);
        // Some huge weights in columns of small ones.
        var values = input.Values();
        for (var i = 0; i < values.Length; i += 611)
        {
            values[i] *= 60;
        }

        QuantizedModel cheap = RandomMatrices.Quantize([input], new(Lambda, 8) { EscapeBits = 20 }), dear = RandomMatrices.Quantize([input], new(Lambda, 8) { EscapeBits = 1e9 });
        Assert.True(cheap.EscapeRate > 0.0005, $"{cheap.EscapeRate}");
        Assert.Equal(0, dear.EscapeRate);
        Assert.True(cheap.BitsResident < dear.BitsResident);
        Assert.True(RandomMatrices.Divergence(input, QuantizedRows.Values(cheap.Matrices[0].Matrix)) < RandomMatrices.Divergence(input, QuantizedRows.Values(dear.Matrices[0].Matrix)));
    }

    [Fact]
    public void Smaller_lambda_costs_bits_and_saves_divergence()
    {
        var input = RandomMatrices.Input(128, 128, 1);
        // Memory is free: its price costs divergence, too.
        QuantizedModel Quantize(double lambda) => RandomMatrices.Quantize([input], new(lambda, 8) { ResidentPrice = 1e-3 });
        QuantizedModel fine = Quantize(Lambda / 16), coarse = Quantize(Lambda);
        // 16 times as fine a price: two bits.
        Assert.InRange(fine.BitsRest - coarse.BitsRest, 1.7, 2.1);
        Assert.InRange(coarse.ExpectedDivergence / fine.ExpectedDivergence, 11, 18);
    }

    [Fact]
    public void Expected_divergence_is_that_of_plain_loops_with_the_damping()
    {
        var input = RandomMatrices.Input(64, 96, 1);
        var quantized = RandomMatrices.Quantize([input], new(Lambda, 8));
        var moments = (float[])input.Statistics.Input.Values.Clone();
        var mean = Enumerable.Range(0, 96).Average(j => moments[j * 97]);
        for (var j = 0; j < 96; j++)
        {
            moments[j * 97] += (float)((Damping.Linear.Relative * moments[j * 97]) + (Damping.Linear.OfMean * mean));
        }

        var damped = input with { Statistics = new(new(96, moments), input.Statistics.RowWeights) };
        Assert.Equal(1, quantized.ExpectedDivergence / RandomMatrices.Divergence(damped, QuantizedRows.Values(quantized.Matrices[0].Matrix)), 0.01);
    }

    [Fact]
    public void Degenerate_matrices_are_quantised()
    {
        var zeros = new float[64 * 40];
        var moments = RandomMatrices.Moments(40, 1);
        MatrixInput[] inputs =
        [
            new("zeros", () => zeros, new(moments, RandomMatrices.RowWeights(64, 1)), MatrixKind.Linear),
            new("no gradient", () => RandomMatrices.Gaussian(40, 2), new(moments, [0f]), MatrixKind.Linear),
            new("one column", () => [1f, -2f, 3f], new(new(1, [0.5f]), [1f, 0f, 2f]), MatrixKind.Linear),
            new("huge", () => [.. RandomMatrices.Gaussian(80, 2).Select(v => v * 1e30f)], new(moments, [1e6f, 1e-20f]), MatrixKind.Vocabulary),
        ];
        foreach (var states in new[] { 1, 4, 8 })
        {
            var result = RandomMatrices.Quantize(inputs, new(Lambda, states));
            Assert.All(result.Matrices, m => Assert.All(QuantizedRows.Values(m.Matrix), v => Assert.True(float.IsFinite(v))));
            Assert.All(QuantizedRows.Values(result.Matrices[0].Matrix), v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void Weights_and_row_weights_that_are_not_finite_are_refused()
    {
        var input = RandomMatrices.Input(4, 8, 1);
        input.Values()[9] = float.NaN;
        var error = Assert.Throws<ModelPackException>(() => RandomMatrices.Quantize([input], new(Lambda, 8)));
        Assert.Equal(CompilerCodes.WeightNotFinite, error.Code);
        Assert.Contains("row 1, column 1", error.Message, StringComparison.Ordinal);

        input = RandomMatrices.Input(4, 8, 1);
        input.Statistics.RowWeights[2] = float.PositiveInfinity;
        Assert.Equal(CompilerCodes.StatisticsUnusable, Assert.Throws<ModelPackException>(() => RandomMatrices.Quantize([input], new(Lambda, 8))).Code);
    }

    [Fact]
    public void Progress_ends_at_one_and_cancellation_ends_the_work()
    {
        MatrixInput[] inputs = [RandomMatrices.Input(150, 64, 1), RandomMatrices.Input(64, 64, 4)];
        var seen = new List<double>();
        ModelQuantizer.Run(inputs, new(Lambda, 1), seen.Add, default);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(1, seen[^1], 1e-9);

        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => ModelQuantizer.Run(inputs, new(Lambda, 1), _ => cancellation.Cancel(), cancellation.Token));
    }

    private static void Equal(TiledMatrix a, TiledMatrix b)
    {
        Assert.Equal(a.RowOrder, b.RowOrder);
        Assert.Equal(a.RowExponents, b.RowExponents);
        Assert.Equal(a.RowClasses, b.RowClasses);
        Assert.Equal(a.ColumnClasses, b.ColumnClasses);
        Assert.Equal(a.Widths, b.Widths);
        Assert.True(a.Codes.AsSpan().SequenceEqual(b.Codes));
    }

    /// <summary>Rounding with one step a row and no more, at the entropy asked for.</summary>
    private static (double Divergence, double Bits) RoundToNearest(MatrixInput input, double bits)
    {
        var values = input.Values();
        double low = 1e-4, high = 10, entropy = 0;
        var quantized = new float[values.Length];
        for (var i = 0; i < 30; i++)
        {
            var step = Math.Sqrt(low * high);
            for (var k = 0; k < values.Length; k++)
            {
                quantized[k] = (float)(Math.Round(values[k] / step) * step);
            }

            entropy = quantized.GroupBy(v => v).Sum(g => -(double)g.Count() / values.Length * Math.Log2((double)g.Count() / values.Length));
            (low, high) = entropy > bits ? (step, high) : (low, step);
        }

        return (RandomMatrices.Divergence(input, quantized), entropy);
    }
}
