namespace ModelPack.Compiler.Quantize;

/// <summary>Steps of rows: where the divergence that a finer step saves is worth the bits it costs at price λ (rate–distortion at high resolution, D = step² / 12).</summary>
internal static class RowSteps
{
    public const int PerOctave = 4;

    /// <summary>Codes stay well within 16 bits, with room for what errors of other columns add.</summary>
    private const double LargestCode = 8000;

    /// <summary>Whole steps that the widest tile holds, and by how many quarter octaves a step may become coarser for it.</summary>
    private const double LargestHeld = (1 << (RoundingOptions.WidestTile - 1)) - 0.5;
    private const int MostCoarser = 2 * PerOctave;

    private const double Ln2 = 0.69314718055994530942;
    private const int LargestExponent = 100 * PerOctave;

    /// <summary>Row weights with a floor, so that nothing is divided by zero.</summary>
    public static double[] Positive(float[] weights)
    {
        double mean = 0;
        foreach (var w in weights)
        {
            mean += w / (double)weights.Length;
        }

        var floor = Math.Max(1e-6 * mean, 1e-30);
        return [.. weights.Select(w => Math.Max(w, floor))];
    }

    /// <summary>[rows]: step = 2^(e / 4) = √(12 λ / (G ln 2 · mean h c²)).</summary>
    /// <param name="values">[rows, columns].</param>
    /// <param name="inverseScales">[columns]: 1 / c.</param>
    /// <param name="rowWeights">[rows]: G.</param>
    /// <param name="lambda">λ.</param>
    /// <param name="meanScaledImportance">Mean of h c².</param>
    /// <param name="escapeBits">Price of a code beyond the widest tile, in bits.</param>
    public static int[] Exponents(float[] values, float[] inverseScales, double[] rowWeights, double lambda, double meanScaledImportance, double escapeBits)
    {
        var exponents = AtLeast(values, inverseScales, LargestCode, rowWeights.Length, i => Math.Sqrt(12 * lambda / (rowWeights[i] * Ln2 * meanScaledImportance)));
        Coarsen(exponents, values, inverseScales, escapeBits);
        FactorRange.Limit(exponents, PerOctave);
        return exponents;
    }

    /// <summary>
    /// Makes steps coarser where the codes beyond the widest tile that this saves are worth more. A step coarser by x octaves than that of <see cref="Exponents"/> changes
    /// a weight's divergence from λ / (2 ln 2) to 4^x times that, and takes x bits off.
    /// </summary>
    private static void Coarsen(int[] exponents, float[] values, float[] inverseScales, double escapeBits)
    {
        var columns = inverseScales.Length;
        Span<double> limits = stackalloc double[MostCoarser + 1];
        Span<double> price = stackalloc double[MostCoarser + 1];
        for (var k = 0; k <= MostCoarser; k++)
        {
            limits[k] = LargestHeld * Octaves.Power(k, PerOctave);
            price[k] = columns * (((Octaves.Power(2 * k, PerOctave) - 1) / (2 * Ln2)) - ((double)k / PerOctave));
        }

        Span<int> beyond = stackalloc int[MostCoarser + 1];
        for (var i = 0; i < exponents.Length; i++)
        {
            beyond.Clear();
            var row = values.AsSpan(i * columns, columns);
            var inverse = Octaves.Power(-exponents[i], PerOctave);
            for (var j = 0; j < columns; j++)
            {
                var code = Math.Abs(row[j] * (double)inverseScales[j]) * inverse;
                for (var k = 0; k <= MostCoarser && code > limits[k]; k++)
                {
                    beyond[k]++;
                }
            }

            var best = 0;
            for (var k = 1; k <= MostCoarser; k++)
            {
                best = price[k] + (escapeBits * beyond[k]) < price[best] + (escapeBits * beyond[best]) ? k : best;
            }

            exponents[i] += best;
        }
    }

    /// <summary>[rows]: exponents of wanted steps, raised where a row's largest value would be more than <paramref name="largestCode"/> steps.</summary>
    public static int[] AtLeast(float[] values, float[] inverseScales, double largestCode, int rows, Func<int, double> wanted)
    {
        var columns = inverseScales.Length;
        var exponents = new int[rows];
        for (var i = 0; i < rows; i++)
        {
            float largest = 0;
            var row = values.AsSpan(i * columns, columns);
            for (var j = 0; j < columns; j++)
            {
                largest = Math.Max(largest, Math.Abs(row[j] * inverseScales[j]));
            }

            exponents[i] = Math.Clamp(Octaves.Round(wanted(i), PerOctave), -LargestExponent, LargestExponent);
            while (largest > largestCode * Octaves.Power(exponents[i], PerOctave) && exponents[i] < LargestExponent)
            {
                exponents[i]++;
            }
        }

        FactorRange.Limit(exponents, PerOctave);
        return exponents;
    }
}
