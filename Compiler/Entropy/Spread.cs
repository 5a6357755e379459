namespace ModelPack.Compiler.Entropy;

/// <summary>Classes of symbols by how far they spread: what is alike shares a table.</summary>
internal static class Spread
{
    /// <summary>Quarter octaves of twice the mean distance from the middle of the symbols, by integer comparisons.</summary>
    public static int Class(ReadOnlySpan<long> counts, int width)
    {
        // The middle lies between two symbols; distances are counted in halves.
        var middle = 1 << Math.Min(width, 4);
        long sum = 0, total = 0;
        for (var s = 0; s < counts.Length; s++)
        {
            sum += counts[s] * Math.Abs((2 * s) + 1 - middle);
            total += counts[s];
        }

        // 2^(1/4) ≈ 1.19 = 1219/1024.
        var result = 0;
        for (Int128 bound = total * 1024; bound < (Int128)sum * 1024 && result < 32; result++)
        {
            bound = bound * 1219 / 1024;
        }

        return result;
    }
}
