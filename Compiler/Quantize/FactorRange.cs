using ModelPack.Formats;

namespace ModelPack.Compiler.Quantize;

/// <summary>A resident weight numbers the factors of its rows, and those of its columns, in a byte each (<see cref="TiledLayout"/>).</summary>
internal static class FactorRange
{
    /// <summary>Raises the smallest exponents to where a byte reaches: below 2^-63 of the largest row's step, or 2^-31 of the largest column's scale.</summary>
    public static void Limit(Span<int> exponents)
    {
        var most = int.MinValue;
        foreach (var e in exponents)
        {
            most = Math.Max(most, e);
        }

        foreach (ref var e in exponents)
        {
            e = Math.Max(e, most - TiledLayout.MostFactors + 1);
        }
    }
}
