using System.Buffers.Binary;

namespace ModelPack.Compiler.Encodings;

/// <summary>Q5_0: 32 elements, d · (q − 16). Half d, 32 fifth bits (bit i for element i), 16 bytes of nibbles.</summary>
internal sealed class Q5_0() : BlockEncoding("Q5_0", 6, 32, Codes + 16, Grouped(bits: 5, columns: 32, offset: 16), Scale)
{
    private const int Scale = 0;
    private const int FifthBits = 2;
    private const int Codes = 6;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        Unpack(block[Codes..], BinaryPrimitives.ReadUInt32LittleEndian(block[FifthBits..]), to.Codes);
    }

    /// <summary>32 codes from 16 bytes of nibbles and their fifth bits.</summary>
    internal static void Unpack(ReadOnlySpan<byte> nibbles, uint fifthBits, Span<byte> codes)
    {
        Bits.Nibbles(nibbles, codes);
        for (var i = 0; i < codes.Length; i++)
        {
            codes[i] |= (byte)(((fifthBits >> i) & 1) << 4);
        }
    }
}

/// <summary>Q5_1: 32 elements, d · q + m. Half d, half m, 32 fifth bits, 16 bytes of nibbles.</summary>
internal sealed class Q5_1() : BlockEncoding("Q5_1", 7, 32, Codes + 16, Grouped(bits: 5, columns: 32, minimum: true), Scale, Minimum)
{
    private const int Scale = 0;
    private const int Minimum = 2;
    private const int FifthBits = 4;
    private const int Codes = 8;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        to.Minima[0] = (float)HalfAt(block, Minimum);
        Q5_0.Unpack(block[Codes..], BinaryPrimitives.ReadUInt32LittleEndian(block[FifthBits..]), to.Codes);
    }
}
