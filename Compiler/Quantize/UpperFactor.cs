namespace ModelPack.Compiler.Quantize;

/// <summary>U with H⁻¹ = Uᵀ U, U upper triangular, H the damped second moments in a given order.</summary>
/// <remarks>
/// H = R Rᵀ with R upper is the Cholesky factorisation with rows and columns counted from the end, and U = R⁻¹: so one factorisation and one inversion of a triangle,
/// no inverse of H in between.
/// </remarks>
internal sealed class UpperFactor : IDisposable
{
    /// <summary>Tries with ten times the damping before moments count as unusable.</summary>
    private const int Attempts = 4;

    private readonly InverseFactor _reversed;
    private readonly int _columns;

    private UpperFactor(InverseFactor reversed, int columns) => (_reversed, _columns) = (reversed, columns);

    public double this[int i, int j] => Row(i)[_columns - 1 - j];

    /// <summary>Row <paramref name="i"/> of U, from the last column to column <paramref name="i"/>.</summary>
    public ReadOnlySpan<double> Row(int i) => _reversed.Inverse(_columns - 1 - i);

    /// <exception cref="ModelPackException">MP3301: H is not positive definite whatever the damping.</exception>
    public static UpperFactor Of(InputMoments moments, int[] order, Damping damping, ParallelOptions parallel)
    {
        var n = moments.Columns;
        double mean = 0;
        for (var i = 0; i < n; i++)
        {
            mean += moments.Values[((long)i * n) + i] / n;
        }

        // An input that is never active: any basis will do.
        var ofMean = mean > 0 ? mean * Math.Max(damping.OfMean, 1e-9) : 1;
        for (var attempt = 0; attempt < Attempts; attempt++, ofMean *= 10)
        {
            var factor = new InverseFactor(n, parallel);
            for (var i = 0; i < n; i++)
            {
                var source = moments.Values.AsSpan(order[n - 1 - i] * n, n);
                var row = factor.Row(i);
                for (var j = 0; j < i; j++)
                {
                    row[j] = source[order[n - 1 - j]];
                }

                row[i] = (source[order[n - 1 - i]] * (1 + damping.Relative)) + ofMean;
            }

            if (factor.Run())
            {
                return new(factor, n);
            }

            factor.Dispose();
        }

        throw StatisticsCheck.Unusable($"the second moments of {n} columns are not positive semi-definite");
    }

    public void Dispose() => _reversed.Dispose();
}
