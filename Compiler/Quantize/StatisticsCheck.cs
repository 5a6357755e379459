namespace ModelPack.Compiler.Quantize;

/// <summary>Refuses what no calibration gives, before it spreads.</summary>
internal static class StatisticsCheck
{
    /// <exception cref="ModelPackException">MP3301.</exception>
    public static void Moments(InputMoments moments)
    {
        if (moments.Columns <= 0 || moments.Values.LongLength != (long)moments.Columns * moments.Columns)
        {
            throw Unusable($"second moments of {moments.Columns} columns hold {moments.Values.LongLength} values, expected {(long)moments.Columns * moments.Columns}");
        }

        for (var i = 0; i < moments.Values.Length; i++)
        {
            if (!float.IsFinite(moments.Values[i]) || (i % (moments.Columns + 1) == 0 && moments.Values[i] < 0))
            {
                throw Unusable($"the second moment at row {i / moments.Columns}, column {i % moments.Columns} is {moments.Values[i]:R}, expected a finite number, not negative on the diagonal");
            }
        }
    }

    /// <exception cref="ModelPackException">MP3301.</exception>
    public static void RowWeights(float[] weights, int rows)
    {
        if (weights.Length != rows)
        {
            throw Unusable($"there are {weights.Length} row weights for a matrix of {rows} rows");
        }

        var bad = Array.FindIndex(weights, w => !float.IsFinite(w) || w < 0);
        if (bad >= 0)
        {
            throw Unusable($"the weight of row {bad} is {weights[bad]:R}, expected a finite number that is not negative");
        }
    }

    /// <exception cref="ModelPackException">MP2013.</exception>
    public static void Values(string name, float[] values, int rows, int columns)
    {
        if (values.LongLength != (long)rows * columns)
        {
            throw new ArgumentException($"'{name}' is {rows} × {columns}, but {values.LongLength} values came.");
        }

        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new ModelPackException(
                    CompilerCodes.WeightNotFinite,
                    $"'{name}' holds {values[i]:R} at row {i / columns}, column {i % columns}; expected finite values. The file is damaged: download it again.");
            }
        }
    }

    public static ModelPackException Unusable(string what) => new(
        CompilerCodes.StatisticsUnusable, $"calibration statistics cannot be used: {what}. Delete the cached statistics, so that they are measured again.");
}
