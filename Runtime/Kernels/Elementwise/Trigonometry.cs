namespace ModelPack.Kernels;

/// <summary>Sine and cosine that give the same bits on every machine: IEEE operations in one order, no platform library.</summary>
internal static class Trigonometry
{
    private const double TwoOverPi = 0.63661977236758134308;

    // π/2 in two doubles: with fma the reduction of |x| below 2^30 leaves an error near 2^-70 per quadrant.
    private const double HalfPiHigh = 1.5707963267948966;
    private const double HalfPiLow = 6.123233995736766e-17;

    /// <summary>Both to about 1e-15 for |x| below 2^30: quadrant by Cody–Waite reduction, then Taylor series on [−π/4, π/4].</summary>
    public static (double Sin, double Cos) SinCos(double x)
    {
        var n = Math.Round(x * TwoOverPi, MidpointRounding.ToEven);
        var r = Math.FusedMultiplyAdd(n, -HalfPiHigh, x);
        r = Math.FusedMultiplyAdd(n, -HalfPiLow, r);
        var r2 = r * r;
        var s = Math.FusedMultiplyAdd(r2, 1.0 / 355687428096000, -1.0 / 1307674368000);
        s = Math.FusedMultiplyAdd(r2, s, 1.0 / 6227020800);
        s = Math.FusedMultiplyAdd(r2, s, -1.0 / 39916800);
        s = Math.FusedMultiplyAdd(r2, s, 1.0 / 362880);
        s = Math.FusedMultiplyAdd(r2, s, -1.0 / 5040);
        s = Math.FusedMultiplyAdd(r2, s, 1.0 / 120);
        s = Math.FusedMultiplyAdd(r2, s, -1.0 / 6);
        var sin = Math.FusedMultiplyAdd(r2 * r, s, r);
        var c = Math.FusedMultiplyAdd(r2, 1.0 / 20922789888000, -1.0 / 87178291200);
        c = Math.FusedMultiplyAdd(r2, c, 1.0 / 479001600);
        c = Math.FusedMultiplyAdd(r2, c, -1.0 / 3628800);
        c = Math.FusedMultiplyAdd(r2, c, 1.0 / 40320);
        c = Math.FusedMultiplyAdd(r2, c, -1.0 / 720);
        c = Math.FusedMultiplyAdd(r2, c, 1.0 / 24);
        c = Math.FusedMultiplyAdd(r2, c, -0.5);
        var cos = Math.FusedMultiplyAdd(r2, c, 1.0);
        return ((long)n & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }
}
