using System.Numerics;

namespace ModelPack.Compiler.Encodings;

/// <summary>The lattices of the IQ1, IQ2 and IQ3 encodings: vectors of 8 or 4 weights are indices into them. Codes are written as value + <see cref="Offset"/>.</summary>
internal static partial class IqGrids
{
    /// <summary>Of the 8-bit codes of the resident format.</summary>
    public const int Offset = 128;

    private static ReadOnlySpan<byte> Iq2Levels => [8, 25, 43];

    private static ReadOnlySpan<byte> Iq3XxsLevels => [4, 12, 20, 28, 36, 44, 52, 62];

    private static ReadOnlySpan<byte> Iq3SLevels => [1, 3, 5, 7, 9, 11, 13, 15];

    /// <summary>Eight signs from seven bits: the eighth makes the number of minus signs even.</summary>
    public static int Signs(uint sevenBits) => (int)(sevenBits & 127) | (BitOperations.PopCount(sevenBits & 127) & 1) << 7;

    /// <summary>8 codes of an IQ2 point; bit j of <paramref name="signs"/> makes coordinate j negative.</summary>
    public static void Point2(ushort point, int signs, Span<byte> codes)
    {
        for (var j = 0; j < 8; j++)
        {
            codes[j] = Signed(Iq2Levels[point >> (2 * j) & 3], signs >> j);
        }
    }

    /// <summary>4 codes of an IQ3_XXS point.</summary>
    public static void Point3Xxs(ushort point, int signs, Span<byte> codes) => Point3(point, Iq3XxsLevels, signs, codes);

    /// <summary>4 codes of an IQ3_S point.</summary>
    public static void Point3S(ushort point, int signs, Span<byte> codes) => Point3(point, Iq3SLevels, signs, codes);

    /// <summary>8 codes of an IQ1 point: eight times coordinate (−1, 0, 1) plus shift (±⅛).</summary>
    public static void Point1(ushort point, bool negativeShift, Span<byte> codes)
    {
        var shift = negativeShift ? -1 : 1;
        for (var j = 0; j < 8; j++)
        {
            codes[j] = (byte)(Offset + (8 * ((point >> (2 * j) & 3) - 1)) + shift);
        }
    }

    private static void Point3(ushort point, ReadOnlySpan<byte> levels, int signs, Span<byte> codes)
    {
        for (var j = 0; j < 4; j++)
        {
            codes[j] = Signed(levels[point >> (3 * j) & 7], signs >> j);
        }
    }

    private static byte Signed(byte level, int sign) => (byte)((sign & 1) == 0 ? Offset + level : Offset - level);
}
