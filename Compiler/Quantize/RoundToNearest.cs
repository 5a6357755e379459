using ModelPack.Compiler.Import;
using ModelPack.Formats;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Round-to-nearest over the tiled family: no calibration, seconds for a model. Tiles of one width, a step per row (2^(e/64), coarser where rows differ by more than four octaves), rows and columns as the source has them.
/// </summary>
internal static class RoundToNearest
{
    private const int FinestStepsPerOctave = 64;

    /// <summary>At most one code in so many becomes an escape: a kernel pays for each.</summary>
    private const int CodesPerEscape = 1600;

    /// <summary>Nearest codes.</summary>
    /// <param name="tensor">Finite values.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="width">Bits of a code, 2 to 8.</param>
    /// <param name="threads">Threads; the result does not depend on it (−1: all cores).</param>
    public static TiledMatrix Quantize(SourceTensor tensor, int rows, int columns, int width, int threads = -1)
    {
        int groups = (rows + TiledMatrix.TileRows - 1) / TiledMatrix.TileRows, blocks = (columns + TiledMatrix.TileColumns - 1) / TiledMatrix.TileColumns;
        var codes = new short[checked((long)groups * columns * TiledMatrix.TileRows)];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        var limits = RowLimits.Choose(tensor, rows, columns, (long)rows * columns / CodesPerEscape, options);
        var (exponents, stepsPerOctave) = Exponents(limits, width);
        Parallel.For(0, groups, options, () => new float[columns], (group, _, values) =>
        {
            for (var row = group * TiledMatrix.TileRows; row < Math.Min(rows, (group + 1) * TiledMatrix.TileRows); row++)
            {
                tensor.DequantizeRow(row, values);
                Round(values, StepPowers.Of(exponents[row], stepsPerOctave), codes.AsSpan(group * columns * TiledMatrix.TileRows), row % TiledMatrix.TileRows);
            }

            return values;
        }, _ => { });

        var widths = new byte[groups * blocks];
        Array.Fill(widths, (byte)width);
        var (rowClasses, columnClasses) = RoundedClasses.Fit(codes, groups, rows, columns);
        return new TiledMatrix
        {
            Rows = rows,
            Columns = columns,
            States = 1,
            RowOrder = [.. Enumerable.Range(0, rows)],
            ColumnOrder = [.. Enumerable.Range(0, columns)],
            RowExponents = exponents,
            RowStepsPerOctave = stepsPerOctave,
            ColumnExponents = new int[columns],
            RowClasses = rowClasses,
            ColumnClasses = columnClasses,
            Widths = widths,
            Codes = codes,
        };
    }

    /// <summary>The rows' exponents, in the finest steps with which they are in a byte's reach of each other.</summary>
    private static (int[] Exponents, int StepsPerOctave) Exponents(float[] limits, int width)
    {
        for (var perOctave = FinestStepsPerOctave; ; perOctave /= 2)
        {
            int[] exponents = [.. limits.Select(limit => limit == 0f ? int.MaxValue : Exponent(limit, width, perOctave))];
            var least = exponents.Min();
            least = least == int.MaxValue ? 0 : least;
            var isReached = exponents.All(e => e == int.MaxValue || (long)e - least < TiledLayout.MostFactors);
            if (isReached || perOctave == RowSteps.PerOctave)
            {
                // Of a row of zeros any step will do.
                exponents = [.. exponents.Select(e => e == int.MaxValue ? least : e)];
                FactorRange.Limit(exponents, perOctave);
                return (exponents, perOctave);
            }
        }
    }

    /// <summary>The smallest e at which 2^(e/<paramref name="perOctave"/>) times the largest code of the width reaches <paramref name="limit"/>.</summary>
    private static int Exponent(float limit, int width, int perOctave)
    {
        var largest = (1 << (width - 1)) - 1;
        var exponent = (TiledLayout.LeastOctave * perOctave) - 1;
        // Bisection by the very function that gives the step.
        for (var bit = 1 << 14; bit > 0; bit >>= 1)
        {
            if (exponent + bit < TiledLayout.MostOctave * perOctave && StepPowers.Of(exponent + bit, perOctave) * largest < limit)
            {
                exponent += bit;
            }
        }

        return exponent + 1;
    }

    private static void Round(ReadOnlySpan<float> values, float step, Span<short> codes, int lane)
    {
        for (var j = 0; j < values.Length; j++)
        {
            codes[(j * TiledMatrix.TileRows) + lane] = (short)Math.Clamp(Math.Round(values[j] / step), short.MinValue, short.MaxValue);
        }
    }
}
