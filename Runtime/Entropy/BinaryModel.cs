namespace ModelPack.Entropy;

/// <summary>
/// Adaptive probabilities of the side information's numbers (classes, exponents, widths, places): one of 11 bits for each binary decision, moved by a sixteenth each time.
/// The same object serves encoder and decoder.
/// </summary>
internal static class BinaryModel
{
    public const int ProbabilityBits = 11;
    public const ushort Half = 1 << (ProbabilityBits - 1);
    public const int AdaptShift = 4;

    /// <summary>Below this a range is widened by a byte.</summary>
    public const uint Bottom = 1 << 24;

    /// <summary>Moves a probability of zero toward what came.</summary>
    public static void Adapt(ref ushort zero, bool one) => zero = one
        ? (ushort)(zero - (zero >> AdaptShift))
        : (ushort)(zero + (((1 << ProbabilityBits) - zero) >> AdaptShift));

    public static ushort[] New(int count)
    {
        var probabilities = new ushort[count];
        Array.Fill(probabilities, Half);
        return probabilities;
    }
}

/// <summary>Model of whole numbers, most of them small: how many bits v + 1 has in unary, then those bits; every decision has its own probability.</summary>
internal sealed class NumberModel
{
    /// <summary>Bits of v + 1.</summary>
    public const int MaxBits = 32;

    /// <summary>Probability that v + 1 has no more bits than so many.</summary>
    public ushort[] Lengths { get; } = BinaryModel.New(MaxBits + 1);

    /// <summary>[length, bit].</summary>
    public ushort[] Bits { get; } = BinaryModel.New((MaxBits + 1) * MaxBits);

    /// <summary>0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …</summary>
    public static uint ZigZag(int value) => ((uint)value << 1) ^ (uint)(value >> 31);

    public static int UnZigZag(uint value) => (int)(value >> 1) ^ -(int)(value & 1);
}
