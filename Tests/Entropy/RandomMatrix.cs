using ModelPack.Compiler.Quantize;
using ModelPack.Formats;

namespace ModelPack.Tests.Entropy;

/// <summary>Quantised matrices of the tiled family with normally distributed codes: what recipe F leaves behind, without the recipe. The same seed gives the same on every platform; shared with eng/kernel-check.</summary>
internal static class RandomMatrix
{
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="states">1, 4 or 8.</param>
    /// <param name="unitClass">About the class of all codes: σ = 2^(class / 4).</param>
    /// <param name="seed">Of everything.</param>
    public static TiledMatrix Make(int rows, int columns, int states, int unitClass, int seed)
    {
        var random = new Random(seed);
        int groups = (rows + 63) / 64, blocks = (columns + 63) / 64;
        int[] rowClasses = [.. Enumerable.Range(0, groups).Select(g => unitClass + (6 * g / groups) - 3)];
        int[] columnClasses = [.. Enumerable.Range(0, columns).Select(_ => random.Next(-3, 4))];
        var codes = new short[groups * columns * 64];
        for (var g = 0; g < groups; g++)
        {
            for (var lane = 0; lane < Math.Min(64, rows - (64 * g)); lane++)
            {
                Row(codes, g, lane, columns, states, j => StepPowers.Of(rowClasses[g] + columnClasses[j], 4), random);
            }
        }

        return new()
        {
            Rows = rows,
            Columns = columns,
            States = states,
            RowOrder = Sorted(rows, i => i * 7 % 5),
            ColumnOrder = Sorted(columns, _ => random.Next()),
            RowExponents = [.. Enumerable.Range(0, rows).Select(i => -30 - (i / 64))],
            ColumnExponents = [.. Enumerable.Range(0, columns).Select(j => random.Next(-8, 9))],
            RowClasses = rowClasses,
            ColumnClasses = columnClasses,
            Widths = Widths(codes, groups, columns, blocks, states, random),
            Codes = codes,
        };
    }

    private static void Row(short[] codes, int group, int lane, int columns, int states, Func<int, double> deviation, Random random)
    {
        int b1 = 0, b2 = 0, b3 = 0;
        for (var j = 0; j < columns; j++)
        {
            // Twelve uniforms are nearly normal together.
            double z = -6;
            for (var i = 0; i < 12; i++)
            {
                z += random.NextDouble();
            }

            var k = (int)Math.Round(z * deviation(j));
            ref var code = ref codes[(((group * columns) + j) * 64) + lane];
            if (states == 1)
            {
                code = (short)k;
                continue;
            }

            code = (short)((2 * k) + b1);
            (b1, b2, b3) = ((k & 1) ^ b2 ^ (states == 8 ? b3 : 0), b1, b2);
        }
    }

    private static int[] Sorted(int count, Func<int, int> key) => [.. Enumerable.Range(0, count).OrderBy(key)];

    /// <summary>The width that holds nearly all of a tile's codes, now and then one bit less: escapes.</summary>
    private static byte[] Widths(short[] codes, int groups, int columns, int blocks, int states, Random random)
    {
        var widths = new byte[groups * blocks];
        for (var t = 0; t < widths.Length; t++)
        {
            int first = t % blocks * 64, count = Math.Min(64, columns - first);
            var tile = codes.AsSpan(((t / blocks * columns) + first) * 64, count * 64);
            var largest = 0;
            foreach (var code in tile)
            {
                largest = Math.Max(largest, Math.Abs((int)code));
            }

            var width = 2;
            while (width < 8 && largest > TiledMatrix.Range(width, states).High)
            {
                width++;
            }

            widths[t] = (byte)Math.Max(2, width - (random.Next(4) == 0 ? 1 : 0));
        }

        return widths;
    }
}
