namespace ModelPack.Compiler.Quantize;

/// <summary>
/// How finely a number beside each column is kept. A grid of s steps an octave is off by up to 1 / 2s, which multiplies the mean squared error by sinh(x) / x at equal bits, x = ln 2 / s: half
/// its log2 in bits a weight (D falls as 4^(−bits)). A step costs a bit for each column, so log2 s bits divided among the rows.
/// </summary>
internal static class SideGrid
{
    /// <summary>Half log2 of sinh(x) / x for 1, 2, 4 and 8 steps an octave.</summary>
    private static ReadOnlySpan<double> Loss => [0.05742, 0.01439, 0.00361, 0.00090];

    /// <summary>Steps an octave, 1 to <paramref name="finest"/>.</summary>
    /// <param name="rows">That share the number.</param>
    /// <param name="finest">A power of two up to 8.</param>
    public static int StepsPerOctave(int rows, int finest)
    {
        var best = finest;
        for (var i = 0; 1 << i <= finest; i++)
        {
            var at = int.Log2(best);
            best = Loss[i] + ((double)i / rows) < Loss[at] + ((double)at / rows) ? 1 << i : best;
        }

        return best;
    }

    /// <summary>log2 of a value in steps of 1 / <paramref name="finest"/>, on the grid for so many rows.</summary>
    public static int Round(double value, int finest, int rows)
    {
        var steps = StepsPerOctave(rows, finest);
        return Octaves.Round(value, steps) * (finest / steps);
    }
}
