namespace ModelPack.Compiler.Encodings;

/// <summary>
/// TQ1_0: 256 elements, d · (t − 1), t a trit; five trits a byte. 48 bytes (trits 0 … 239: 32 bytes hold 160, 16 hold 80), 4 bytes with four trits each, half d.
/// </summary>
/// <remarks>A byte is ⌈256 · n / 243⌉ of a five-digit number n in base 3: multiplied by 3^k it overflows to the part below digit k, and 3/256 of that is the digit.</remarks>
internal sealed class TQ1_0() : BlockEncoding("TQ1_0", 34, 256, Scale + 2, Grouped(bits: 2, columns: 256, offset: 1), Scale)
{
    private const int FourTrits = 48;
    private const int Scale = FourTrits + 4;

    private static ReadOnlySpan<byte> PowersOf3 => [1, 3, 9, 27, 81];

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        Trits(block[..32], 5, to.Codes[..160]);
        Trits(block.Slice(32, 16), 5, to.Codes.Slice(160, 80));
        Trits(block.Slice(FourTrits, 4), 4, to.Codes.Slice(240, 16));
    }

    /// <summary>The first trit of every byte, then the second of every byte …</summary>
    private static void Trits(ReadOnlySpan<byte> packed, int digits, Span<byte> codes)
    {
        for (var k = 0; k < digits; k++)
        {
            for (var i = 0; i < packed.Length; i++)
            {
                codes[(k * packed.Length) + i] = (byte)((byte)(packed[i] * PowersOf3[k]) * 3 >> 8);
            }
        }
    }
}

/// <summary>TQ2_0: 256 elements, d · (q − 1). 64 bytes of 2-bit codes, half d.</summary>
internal sealed class TQ2_0() : BlockEncoding("TQ2_0", 35, 256, Scale + 2, Grouped(bits: 2, columns: 256, offset: 1), Scale)
{
    private const int Codes = 0;
    private const int Scale = 64;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        var pairs = block.Slice(Codes, 64);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            to.Codes[i] = (byte)Bits.Pair(pairs, i);
        }
    }
}
