using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Classes of rows and columns: the variance of W_ij / (c_j step_i) as a product of a row's and a column's part, fitted alternately; a class is 1/4 octave of σ.
/// </summary>
/// <param name="RowVariances">[rows] in source order.</param>
/// <param name="Rows">[rows] in source order: <see cref="RateTables.UnitClass"/> is σ = 1.</param>
/// <param name="Columns">[columns] in source order: 0 is the geometric mean; on the grid that so many rows are worth (<see cref="SideGrid"/>).</param>
internal sealed record CodeClasses(double[] RowVariances, int[] Rows, int[] Columns)
{
    private const int Iterations = 3;
    private const int LargestColumnClass = 30;

    /// <summary>Rows whose sums are added up in f32.</summary>
    private const int ChunkRows = 64;

    /// <summary>Variances of a class: σ² doubles every half octave of σ.</summary>
    private const int VariancesPerOctave = RateTables.ClassesPerOctave / 2;

    private const double LeastVariance = 1e-9;

    /// <param name="values">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="inverseScales">[columns]: 1 / c.</param>
    /// <param name="inverseSteps">[rows]: 1 / step.</param>
    public static CodeClasses Fit(float[] values, int rows, float[] inverseScales, float[] inverseSteps)
    {
        var columns = inverseScales.Length;
        var row = new double[rows];
        var column = new double[columns];
        Array.Fill(row, 1);
        for (var i = 0; i < Iterations; i++)
        {
            FitColumns(values, inverseScales, inverseSteps, row, column);
            FitRows(values, inverseScales, inverseSteps, row, column);
        }

        double log = 0;
        foreach (var c in column)
        {
            log += RateTables.Log2(c) / columns;
        }

        var mean = Octaves.Power((int)Math.Round(64 * log), 64);
        return new(
            [.. row.Select(r => r * mean)],
            [.. row.Select(r => RowClass(r * mean))],
            [.. column.Select(c => Math.Clamp(SideGrid.Round(Math.Sqrt(c / mean), RateTables.ClassesPerOctave, rows), -LargestColumnClass, LargestColumnClass))]);
    }

    public static int RowClass(double variance) =>
        Math.Clamp(Octaves.Round(variance, VariancesPerOctave), -RateTables.UnitClass, RateTables.Classes - 1 - RateTables.UnitClass) + RateTables.UnitClass;

    private static void FitColumns(float[] values, float[] inverseScales, float[] inverseSteps, double[] row, double[] column)
    {
        var columns = column.Length;
        var sum = new float[columns];
        Array.Clear(column);
        for (var first = 0; first < row.Length; first += ChunkRows)
        {
            Array.Clear(sum);
            for (var i = first; i < Math.Min(first + ChunkRows, row.Length); i++)
            {
                // v / r = (w / c)² / (step² r); the square of c comes last.
                AddSquares(values.AsSpan(i * columns, columns), (float)(1 / Math.Sqrt(row[i])) * inverseSteps[i], sum);
            }

            for (var j = 0; j < columns; j++)
            {
                column[j] += sum[j];
            }
        }

        for (var j = 0; j < columns; j++)
        {
            column[j] = Math.Max(column[j] * inverseScales[j] * inverseScales[j] / row.Length, LeastVariance);
        }
    }

    private static void FitRows(float[] values, float[] inverseScales, float[] inverseSteps, double[] row, double[] column)
    {
        var columns = column.Length;
        var factor = new float[columns];
        for (var j = 0; j < columns; j++)
        {
            factor[j] = (float)(inverseScales[j] / Math.Sqrt(column[j]));
        }

        for (var i = 0; i < row.Length; i++)
        {
            var s = SumOfSquares(values.AsSpan(i * columns, columns), factor, inverseSteps[i]);
            row[i] = Math.Max((double)s / columns, LeastVariance);
        }
    }

    private static void AddSquares(ReadOnlySpan<float> w, float factor, Span<float> sum)
    {
        var j = 0;
        var f = Vector256.Create(factor);
        for (; j + 8 <= w.Length; j += 8)
        {
            var x = Vector256.Create(w[j..]) * f;
            Vector256.FusedMultiplyAdd(x, x, Vector256.Create<float>(sum[j..])).CopyTo(sum[j..]);
        }

        for (; j < w.Length; j++)
        {
            var x = w[j] * factor;
            sum[j] = MathF.FusedMultiplyAdd(x, x, sum[j]);
        }
    }

    private static float SumOfSquares(ReadOnlySpan<float> w, ReadOnlySpan<float> factors, float factor)
    {
        var j = 0;
        var f = Vector256.Create(factor);
        var sum = Vector256<float>.Zero;
        for (; j + 8 <= w.Length; j += 8)
        {
            var x = Vector256.Create(w[j..]) * Vector256.Create(factors[j..]) * f;
            sum = Vector256.FusedMultiplyAdd(x, x, sum);
        }

        // Lanes in their order, not by a tree that differs from processor to processor.
        float total = 0;
        for (var l = 0; l < 8; l++)
        {
            total += sum[l];
        }

        for (; j < w.Length; j++)
        {
            var x = w[j] * factors[j] * factor;
            total = MathF.FusedMultiplyAdd(x, x, total);
        }

        return total;
    }
}
