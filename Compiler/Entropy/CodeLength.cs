using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>
/// Bits of a symbol of each frequency, in units of 2^−16 bit, by integers alone: every choice of the encoder is the same on every processor, and so are a pack's bytes.
/// </summary>
internal static class CodeLength
{
    /// <summary>Fractional bits.</summary>
    public const int FractionBits = 16;

    private static readonly uint[] s_lengths = Lengths();

    /// <summary>−log2(frequency / 2^13).</summary>
    public static uint Of(int frequency) => s_lengths[frequency];

    /// <summary>Counted symbols under frequencies; all that occur have one.</summary>
    public static Int128 Of(ReadOnlySpan<long> counts, ReadOnlySpan<ushort> frequencies)
    {
        Int128 sum = 0;
        for (var s = 0; s < counts.Length; s++)
        {
            sum += counts[s] == 0 ? 0 : (Int128)counts[s] * s_lengths[frequencies[s]];
        }

        return sum;
    }

    /// <summary>Counted symbols under their own quantised frequencies.</summary>
    public static Int128 Best(ReadOnlySpan<long> counts) => Of(counts, FrequencyTable.Quantize(counts));

    private static uint[] Lengths()
    {
        var lengths = new uint[RansFormat.Scale + 1];
        for (var f = 1; f <= RansFormat.Scale; f++)
        {
            lengths[f] = (RansFormat.ScaleBits << FractionBits) - Log2((uint)f);
        }

        return lengths;
    }

    /// <summary>log2, truncated: the mantissa is squared again and again, and each time it passes 2 that is a binary digit.</summary>
    private static uint Log2(uint value)
    {
        var whole = System.Numerics.BitOperations.Log2(value);
        var mantissa = (ulong)value << (31 - whole);
        var log = (uint)whole;
        for (var i = 0; i < FractionBits; i++)
        {
            mantissa = (mantissa * mantissa) >> 31;
            log <<= 1;
            if (mantissa >= 1UL << 32)
            {
                mantissa >>= 1;
                log |= 1;
            }
        }

        return log;
    }
}
