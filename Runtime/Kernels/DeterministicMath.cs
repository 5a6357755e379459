namespace ModelPack.Kernels;

/// <summary>
/// Functions whose results have the same bits on every platform: built from IEEE additions, multiplications and fused multiply-adds alone, never from a C library.
/// </summary>
internal static class DeterministicMath
{
    // ln 2 as the sum of a double with 21 trailing zero bits and a rest (Cody and Waite 1980), so that k · Ln2High is exact for |k| < 2^11.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double Log2E = 1.4426950408889634074;

    /// <summary>The least argument whose exponential is infinite in f64, and the greatest one whose exponential rounds to 0.</summary>
    private const double Overflow = 709.782712893384, Underflow = -745.1332191019412;

    /// <summary>
    /// e^x in f64, within 1 unit in the last place of the exact value where that is a normal number. NaN gives NaN.
    /// </summary>
    /// <remarks>x = k·ln 2 + r with |r| ≤ ln 2 / 2; e^r by its Taylor series, whose first term left out is r^14/14! &lt; 5e-18.</remarks>
    public static double Exp(double x)
    {
        if (x >= Overflow)
        {
            return double.PositiveInfinity;
        }

        if (x <= Underflow)
        {
            return 0;
        }

        if (double.IsNaN(x))
        {
            return double.NaN;
        }

        var k = Math.Round(x * Log2E);
        var r = Math.FusedMultiplyAdd(-k, Ln2Low, Math.FusedMultiplyAdd(-k, Ln2High, x));

        var p = 1.0 / 6227020800;
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 479001600);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 39916800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 3628800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 362880);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 40320);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 5040);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 720);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 120);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 24);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 6);
        p = Math.FusedMultiplyAdd(p, r, 0.5);
        p = Math.FusedMultiplyAdd(p * r, r, r) + 1;

        // 2^k in two factors, since k reaches −1075 and 1024; only the last multiplication can round (into the subnormals).
        var half = (int)k >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo((int)k - half);
    }

    /// <summary>2^<paramref name="exponent"/> for exponents of normal numbers.</summary>
    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((long)(exponent + 1023) << 52);
}
