using ModelPack.Formats;

namespace ModelPack.Compiler.Quantize;

/// <summary>A resident weight numbers the factors of its rows, and those of its columns, in a byte each, and they are normal f32 numbers (<see cref="TiledLayout"/>).</summary>
internal static class FactorRange
{
    /// <summary>Brings exponents into the range of normal numbers, and raises the smallest to where a byte reaches: below 2^-63 of the largest row's step, or 2^-31 of the largest column's scale.</summary>
    /// <param name="exponents">Of 2^(e / <paramref name="perOctave"/>).</param>
    /// <param name="perOctave">Steps per octave.</param>
    public static void Limit(Span<int> exponents, int perOctave)
    {
        var most = int.MinValue;
        foreach (ref var e in exponents)
        {
            e = Math.Clamp(e, TiledLayout.LeastOctave * perOctave, TiledLayout.MostOctave * perOctave);
            most = Math.Max(most, e);
        }

        foreach (ref var e in exponents)
        {
            e = Math.Max(e, most - TiledLayout.MostFactors + 1);
        }
    }
}
