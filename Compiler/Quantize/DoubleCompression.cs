namespace ModelPack.Compiler.Quantize;

/// <summary>
/// The recipe of "When Compression Meets Model Compression": columns re-scaled by how much their input counts, rows scaled to eight bits or coarser (which is what makes the codes compressible),
/// small weights pruned to zero, and the codes left to the entropy coder. No errors are passed on: for comparison with recipe F.
/// </summary>
/// <param name="Lambda">λ: how much coarser than eight bits. Near 0 a row's largest value becomes 127.</param>
internal sealed record DoubleCompression(double Lambda)
{
    private const int LargestCode = 127;
    private const double Ln2 = 0.69314718055994530942;

    /// <summary>Values below this part of a step become zero; rounding alone would be 1/2.</summary>
    public float PruneBelow { get; init; } = 0.62f;

    /// <param name="name">For messages.</param>
    /// <param name="values">[rows, columns].</param>
    /// <param name="statistics">Diagonal of the moments and mean of the row weights are used.</param>
    /// <exception cref="ModelPackException">MP3301, MP2013.</exception>
    public TiledMatrix Run(string name, float[] values, MatrixStatistics statistics)
    {
        int rows = statistics.RowWeights.Length, columns = statistics.Input.Columns;
        StatisticsCheck.Moments(statistics.Input);
        StatisticsCheck.RowWeights(statistics.RowWeights, rows);
        StatisticsCheck.Values(name, values, rows, columns);
        var moments = Moments(statistics.Input);
        var scales = moments.Select(m => -Octaves.Round(Math.Sqrt(Math.Sqrt(m)), ColumnBasis.ScaleStepsPerOctave)).ToArray();
        FactorRange.Limit(scales, ColumnBasis.ScaleStepsPerOctave);
        var inverse = scales.Select(e => (float)Octaves.Power(-e, ColumnBasis.ScaleStepsPerOctave)).ToArray();
        var exponents = Exponents(values, inverse, statistics, moments.Select((m, j) => m / (inverse[j] * inverse[j])).Average());
        var inverseSteps = exponents.Select(e => (float)Octaves.Power(-e, RowSteps.PerOctave)).ToArray();
        var classes = CodeClasses.Fit(values, rows, inverse, inverseSteps);
        var columnOrder = ColumnBasis.DescendingDiagonal(statistics.Input);
        var rowOrder = Enumerable.Range(0, rows).OrderBy(i => classes.Rows[i]).ToArray();
        var groups = (rows + TiledMatrix.TileRows - 1) / TiledMatrix.TileRows;
        var codes = new short[checked(groups * columns * TiledMatrix.TileRows)];
        for (var p = 0; p < rows; p++)
        {
            var row = values.AsSpan(rowOrder[p] * columns, columns);
            var target = codes.AsSpan((p / TiledMatrix.TileRows * columns * TiledMatrix.TileRows) + (p % TiledMatrix.TileRows));
            for (var j = 0; j < columns; j++)
            {
                var z = row[columnOrder[j]] * inverse[columnOrder[j]] * inverseSteps[rowOrder[p]];
                target[j * TiledMatrix.TileRows] = MathF.Abs(z) < PruneBelow ? (short)0 : (short)Math.Clamp(MathF.Round(z), -LargestCode - 1, LargestCode);
            }
        }

        return new()
        {
            Rows = rows,
            Columns = columns,
            States = 1,
            RowOrder = rowOrder,
            ColumnOrder = columnOrder,
            RowExponents = [.. rowOrder.Select(i => exponents[i])],
            RowStepsPerOctave = RowSteps.PerOctave,
            ColumnExponents = [.. columnOrder.Select(j => scales[j])],
            RowClasses = [.. Enumerable.Range(0, groups).Select(g => CodeClasses.RowClass(rowOrder.Skip(g * TiledMatrix.TileRows).Take(TiledMatrix.TileRows).Average(i => classes.RowVariances[i])))],
            ColumnClasses = [.. columnOrder.Select(j => classes.Columns[j])],
            Widths = TileWidths.Holding(codes, groups, columns),
            Codes = codes,
        };
    }

    /// <summary>Second moment of each column's input beside their mean, with a floor.</summary>
    private static double[] Moments(InputMoments input)
    {
        var diagonal = Enumerable.Range(0, input.Columns).Select(j => (double)input.Values[(j * input.Columns) + j]).ToArray();
        var mean = diagonal.Average();
        return [.. diagonal.Select(d => mean > 0 ? Math.Max(d / mean, 1e-6) : 1)];
    }

    /// <summary>Steps of rows: eight bits for the largest value, or where λ allows coarser ones, one step for all.</summary>
    private int[] Exponents(float[] values, float[] inverse, MatrixStatistics statistics, double meanScaledMoment)
    {
        var columns = inverse.Length;
        double meanMoment = 0;
        for (var j = 0; j < columns; j++)
        {
            meanMoment += statistics.Input.Values[(j * columns) + j] / (double)columns;
        }

        var weight = RowSteps.Positive(statistics.RowWeights).Average();
        var common = Math.Sqrt(12 * Lambda / (weight * Ln2 * Math.Max(meanMoment * meanScaledMoment, 1e-30)));
        return RowSteps.AtLeast(values, inverse, LargestCode, statistics.RowWeights.Length, _ => common);
    }
}
