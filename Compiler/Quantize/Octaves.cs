namespace ModelPack.Compiler.Quantize;

/// <summary>
/// Powers of two with fractional exponents, and their inverse rounded to a fraction of an octave: from square roots and comparisons alone, so the same on every platform.
/// </summary>
internal static class Octaves
{
    /// <summary>The finest resolution: 64 steps an octave.</summary>
    private const int Finest = 64;

    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>2^(i / 128) for i = 0 … 127: even places are the values of the finest grid, odd ones the thresholds between them.</summary>
    private static readonly double[] s_powers = Powers();

    /// <summary>2^(<paramref name="exponent"/> / <paramref name="perOctave"/>).</summary>
    /// <param name="exponent">Within ± 1000 octaves.</param>
    /// <param name="perOctave">1, 2, 4 … 64.</param>
    public static double Power(int exponent, int perOctave)
    {
        var whole = (int)Math.Floor((double)exponent / perOctave);
        return s_powers[(exponent - (whole * perOctave)) * (2 * Finest / perOctave)] * BitConverter.Int64BitsToDouble((long)(whole + 1023) << 52);
    }

    /// <summary>log2 of a positive finite number in steps of 1 / <paramref name="perOctave"/>, rounded to nearest; <paramref name="perOctave"/> ≤ 64.</summary>
    public static int Round(double value, int perOctave)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Max(value, SmallestNormal));
        var octave = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        var stride = 2 * Finest / perOctave;
        var step = 0;
        while (step < perOctave && mantissa >= s_powers[(step * stride) + (stride / 2)])
        {
            step++;
        }

        return (octave * perOctave) + step;
    }

    private static double[] Powers()
    {
        var powers = new double[2 * Finest];
        for (var i = 0; i < powers.Length; i++)
        {
            // The product of 2^(1/2), 2^(1/4) … for the bits of i.
            double power = 1, root = 2;
            for (var bit = Finest; bit > 0; bit >>= 1)
            {
                root = Math.Sqrt(root);
                power *= (i & bit) != 0 ? root : 1;
            }

            powers[i] = power;
        }

        return powers;
    }
}
