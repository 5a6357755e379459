namespace ModelPack.Compiler.Calibration;

/// <summary>The natural logarithm with the same bits everywhere: figures decide what is packed, so they must not depend on a C library.</summary>
internal static class DeterministicLog
{
    private const double Ln2 = 0.69314718055994530942;

    /// <summary>log x of a positive normal number, to about 1e-15 relative of the larger of 1 and |log x|.</summary>
    /// <remarks>x = m·2^e with m in [√½, √2); log m = 2·artanh((m − 1) / (m + 1)), whose first term left out is below .172^27 · 2/27.</remarks>
    public static double Of(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }

        double z = (m - 1) / (m + 1), z2 = z * z, sum = 0;
        for (var k = 25; k >= 1; k -= 2)
        {
            sum = Math.FusedMultiplyAdd(sum, z2, 1.0 / k);
        }

        return Math.FusedMultiplyAdd(exponent, Ln2, 2 * z * sum);
    }
}
