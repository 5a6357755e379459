using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Quantize;

/// <summary>How far each row's codes must reach: its largest magnitude, or the second to fourth where a few outliers, kept as escapes, let the step be finer.</summary>
internal static class RowLimits
{
    private const int Kept = 4;

    /// <summary>Limit of each row, with at most <paramref name="budget"/> values beyond the limits in the whole matrix, spent where a squared step shrinks most.</summary>
    public static float[] Choose(SourceTensor tensor, int rows, int columns, long budget, ParallelOptions options)
    {
        var largest = new float[(long)rows * Kept];
        Parallel.For(0, rows, options, () => new float[columns], (row, _, values) =>
        {
            tensor.DequantizeRow(row, values);
            Largest(values, largest.AsSpan(row * Kept, Kept));
            return values;
        }, _ => { });

        var limits = new float[rows];
        var gains = new List<(float Gain, int Row, int Outliers)>();
        for (var row = 0; row < rows; row++)
        {
            var of = largest.AsSpan(row * Kept, Kept);
            limits[row] = of[0];
            var (best, outliers) = (0f, 0);
            for (var n = 1; n < Kept && n < columns; n++)
            {
                var gain = ((of[0] * of[0]) - (of[n] * of[n])) / n;
                (best, outliers) = gain > best ? (gain, n) : (best, outliers);
            }

            if (outliers > 0)
            {
                gains.Add((best, row, outliers));
            }
        }

        foreach (var (_, row, outliers) in gains.OrderByDescending(g => g.Gain).ThenBy(g => g.Row))
        {
            if (outliers <= budget)
            {
                limits[row] = largest[(row * Kept) + outliers];
                budget -= outliers;
            }
        }

        return limits;
    }

    private static void Largest(ReadOnlySpan<float> values, Span<float> largest)
    {
        largest.Clear();
        foreach (var value in values)
        {
            var v = MathF.Abs(value);
            for (var i = 0; i < largest.Length && v > 0f; i++)
            {
                if (v > largest[i])
                {
                    (largest[i], v) = (v, largest[i]);
                }
            }
        }
    }
}
