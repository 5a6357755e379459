using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// The target of a matrix whose input already carries the errors of earlier layers: W + β W C (H + .1 diag H)⁻¹ with C = E[(x_ref − x_q) x_qᵀ], H = E[x_q x_qᵀ],
/// so that W x_q comes nearer to what W x_ref was (reference/quantiser.md, recipe F, point 8).
/// </summary>
internal sealed class SequentialTarget
{
    private static readonly Damping s_damping = new(0.1, 1e-4);

    private readonly float[] _correction;
    private readonly int _columns;

    /// <param name="moments">H, of the quantised stream.</param>
    /// <param name="cross">[columns, columns]: C.</param>
    /// <param name="parallel">Threads; the result does not depend on them.</param>
    /// <exception cref="ModelPackException">MP3301.</exception>
    public SequentialTarget(InputMoments moments, float[] cross, ParallelOptions parallel)
    {
        StatisticsCheck.Moments(moments);
        StatisticsCheck.Cross(cross, moments.Columns);
        _columns = moments.Columns;
        var natural = Enumerable.Range(0, _columns).ToArray();
        using var factor = UpperFactor.Of(moments, natural, s_damping, parallel);
        var u = new double[(long)_columns * _columns];
        for (var i = 0; i < _columns; i++)
        {
            var row = factor.Row(i);
            for (var j = i; j < _columns; j++)
            {
                u[((long)i * _columns) + j] = row[_columns - 1 - j];
            }
        }

        // C (Uᵀ U) row by row: t = U c, then Uᵀ t.
        _correction = new float[cross.Length];
        Parallel.For(0, _columns, parallel, i =>
        {
            var c = Array.ConvertAll(cross[(i * _columns)..((i + 1) * _columns)], x => (double)x);
            var sum = new double[_columns];
            for (var k = 0; k < _columns; k++)
            {
                var row = u.AsSpan(k * _columns, _columns);
                AddScaled(sum, row, Dot(c, row));
            }

            for (var j = 0; j < _columns; j++)
            {
                _correction[(i * _columns) + j] = (float)sum[j];
            }
        });
    }

    /// <summary>The target of one matrix.</summary>
    /// <param name="values">[rows, columns]: W.</param>
    /// <param name="beta">β: .5 was best.</param>
    /// <param name="parallel">Threads.</param>
    public float[] Apply(float[] values, double beta, ParallelOptions parallel)
    {
        var target = new float[values.Length];
        Parallel.For(0, values.Length / _columns, parallel, i =>
        {
            var sum = new double[_columns];
            for (var k = 0; k < _columns; k++)
            {
                AddScaled(sum, _correction.AsSpan(k * _columns, _columns), values[(i * _columns) + k]);
            }

            for (var j = 0; j < _columns; j++)
            {
                target[(i * _columns) + j] = (float)(values[(i * _columns) + j] + (beta * sum[j]));
            }
        });
        return target;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = Vector256<double>.Zero;
        var j = 0;
        for (; j + 4 <= a.Length; j += 4)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[j..]), Vector256.Create(b[j..]), sum);
        }

        var total = ((sum[0] + sum[1]) + sum[2]) + sum[3];
        for (; j < a.Length; j++)
        {
            total = Math.FusedMultiplyAdd(a[j], b[j], total);
        }

        return total;
    }

    private static void AddScaled(Span<double> sum, ReadOnlySpan<double> row, double factor)
    {
        for (var j = 0; j < sum.Length; j++)
        {
            sum[j] = Math.FusedMultiplyAdd(row[j], factor, sum[j]);
        }
    }

    private static void AddScaled(Span<double> sum, ReadOnlySpan<float> row, double factor)
    {
        for (var j = 0; j < sum.Length; j++)
        {
            sum[j] = Math.FusedMultiplyAdd(row[j], factor, sum[j]);
        }
    }
}
