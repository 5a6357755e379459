using ModelPack.Formats;

namespace ModelPack.Compiler.Quantize;

/// <summary>Classes of row groups and columns by the σ of their codes, in 1/4 octaves: log2 σ of a code is about (row class + column class) / 4.</summary>
internal static class RoundedClasses
{
    /// <summary>Root mean square of each row group, then of each column relative to its groups'.</summary>
    public static (int[] Rows, int[] Columns) Fit(ReadOnlySpan<short> codes, int groups, int rows, int columns)
    {
        var rowClasses = new int[groups];
        var relative = new double[columns];
        for (var group = 0; group < groups; group++)
        {
            double sum = 0;
            var count = Math.Min(TiledMatrix.TileRows, rows - (group * TiledMatrix.TileRows));
            var of = codes.Slice(group * columns * TiledMatrix.TileRows, columns * TiledMatrix.TileRows);
            foreach (var code in of)
            {
                sum += (double)code * code;
            }

            var variance = sum / ((double)count * columns);
            rowClasses[group] = Class(variance);
            for (var j = 0; j < columns && variance > 0; j++)
            {
                double column = 0;
                foreach (var code in of.Slice(j * TiledMatrix.TileRows, TiledMatrix.TileRows))
                {
                    column += (double)code * code;
                }

                relative[j] += column / variance;
            }
        }

        return (rowClasses, [.. relative.Select(r => Class(r / rows))]);
    }

    /// <summary>4 · log2 σ, rounded; where nothing but zeros is, far below every other class. Comparisons alone, so that every platform agrees.</summary>
    private static int Class(double variance)
    {
        const int Lowest = -32, Highest = 64;
        var result = Lowest;
        while (result < Highest && variance > ClassLimit(result))
        {
            result++;
        }

        return result;
    }

    /// <summary>The variance half a class above: 2^((2·class + 1) / 4).</summary>
    private static double ClassLimit(int index) => StepPowers.Of((2 * index) + 1, 4);
}
