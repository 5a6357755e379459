using ModelPack.Compiler;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

/// <summary>Order, scales and factor of a matrix's input.</summary>
public sealed class ColumnBasisTests
{
    private static readonly ParallelOptions s_parallel = new() { MaxDegreeOfParallelism = 2 };

    [Theory]
    [InlineData(1)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(200)]
    public void Factor_inverts_the_damped_moments(int columns)
    {
        var moments = RandomMatrices.Moments(columns, 3);
        var order = ColumnBasis.DescendingDiagonal(moments);
        var damping = new Damping(0.03, 1e-5);
        using var factor = UpperFactor.Of(moments, order, damping, s_parallel);
        var damped = Damped(moments, order, damping);
        // Uᵀ U H = 1.
        for (var i = 0; i < columns; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                double sum = 0;
                for (var k = 0; k < columns; k++)
                {
                    double inverse = 0;
                    for (var l = 0; l <= Math.Min(i, k); l++)
                    {
                        inverse += factor[l, i] * factor[l, k];
                    }

                    sum += inverse * damped[k, j];
                }

                Assert.Equal(i == j ? 1 : 0, sum, 1e-7);
            }
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads()
    {
        var values = RandomMatrices.Moments(300, 7).Values;
        ColumnBasis one = ColumnBasis.From(new(300, values), Damping.Linear, new() { MaxDegreeOfParallelism = 1 }), four = ColumnBasis.From(new(300, [.. values]), Damping.Linear, new() { MaxDegreeOfParallelism = 4 });
        Assert.Equal(one.Panels, four.Panels);
        Assert.Equal(one.ScaleExponents, four.ScaleExponents);
    }

    [Fact]
    public void Basis_is_made_once_for_an_input_and_a_damping()
    {
        var moments = RandomMatrices.Moments(16, 7);
        Assert.Same(ColumnBasis.From(moments, Damping.Linear, s_parallel), ColumnBasis.From(moments, Damping.Linear, s_parallel));
        Assert.NotSame(ColumnBasis.From(moments, Damping.Linear, s_parallel), ColumnBasis.From(moments, Damping.Vocabulary, s_parallel));
    }

    [Fact]
    public void Columns_go_by_half_octaves_of_their_moments_then_by_index_and_scales_are_inverse_roots()
    {
        var moments = RandomMatrices.Moments(100, 9);
        var basis = ColumnBasis.From(moments, Damping.Linear, s_parallel);
        Assert.Equal(Enumerable.Range(0, 100), basis.Order.Order());
        int Key(int p) => Octaves.Round(moments.Values[basis.Order[p] * 101], 2);
        for (var p = 1; p < 100; p++)
        {
            Assert.True(Key(p - 1) > Key(p) || (Key(p - 1) == Key(p) && basis.Order[p - 1] < basis.Order[p]));
        }

        var mean = basis.Importance.Average();
        Assert.All(basis.Importance.Zip(basis.ScaleExponents), p => Assert.Equal(-0.5 * Math.Log2(p.First / mean) * 8, p.Second, 0.5001));
    }

    [Fact]
    public void Inputs_that_are_dependent_constant_or_never_active_have_a_basis()
    {
        foreach (var moments in new[] { RandomMatrices.Moments(80, 4, rank: 3), new InputMoments(70, new float[70 * 70]), new(40, [.. Enumerable.Repeat(2.5f, 1600)]), OneActive(50) })
        {
            var basis = ColumnBasis.From(moments, Damping.Linear, s_parallel);
            Assert.All(basis.Panels, u => Assert.True(float.IsFinite(u)));
            Assert.All(basis.InverseDiagonal, d => Assert.True(d > 0 && float.IsFinite(d)));
        }
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(float.PositiveInfinity, 2)]
    [InlineData(-1f, 0)]
    public void Moments_that_no_input_has_are_refused(float bad, int at)
    {
        var moments = RandomMatrices.Moments(8, 1);
        moments.Values[at] = bad;
        Assert.Equal(CompilerCodes.StatisticsUnusable, Assert.Throws<ModelPackException>(() => ColumnBasis.From(moments, Damping.Linear, s_parallel)).Code);
    }

    [Fact]
    public void Moments_that_are_not_positive_semi_definite_or_of_another_size_are_refused()
    {
        var indefinite = new InputMoments(2, [1, 5, 5, 1]);
        Assert.Equal(CompilerCodes.StatisticsUnusable, Assert.Throws<ModelPackException>(() => ColumnBasis.From(indefinite, Damping.Linear, s_parallel)).Code);
        Assert.Equal(CompilerCodes.StatisticsUnusable, Assert.Throws<ModelPackException>(() => ColumnBasis.From(new(3, new float[8]), Damping.Linear, s_parallel)).Code);
    }

    private static InputMoments OneActive(int columns)
    {
        var values = new float[columns * columns];
        values[(3 * columns) + 3] = 1e-20f;
        return new(columns, values);
    }

    private static double[,] Damped(InputMoments moments, int[] order, Damping damping)
    {
        var n = moments.Columns;
        var h = new double[n, n];
        var mean = Enumerable.Range(0, n).Average(i => (double)moments.Values[(i * n) + i]);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                h[i, j] = (moments.Values[(order[i] * n) + order[j]] * (i == j ? 1 + damping.Relative : 1)) + (i == j ? mean * damping.OfMean : 0);
            }
        }

        return h;
    }
}
