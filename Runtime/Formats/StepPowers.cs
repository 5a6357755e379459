using ModelPack.Kernels;

namespace ModelPack.Formats;

/// <summary>The steps and scales of the tiled family: powers of two in fractions of an octave.</summary>
internal static class StepPowers
{
    private const double Ln2 = 0.6931471805599453;

    /// <summary>2^(exponent / perOctave) as an f32; the same bits everywhere, which the C library's power does not promise.</summary>
    /// <exception cref="InvalidOperationException">Beyond the largest f32.</exception>
    public static float Of(int exponent, int perOctave)
    {
        var whole = (int)Math.Floor((double)exponent / perOctave);
        var part = exponent - (whole * perOctave);
        var value = MathF.ScaleB((float)DeterministicMath.Exp(part * (Ln2 / perOctave)), whole);
        return float.IsFinite(value) ? value : throw new InvalidOperationException($"2^({exponent}/{perOctave}) is no f32.");
    }
}
