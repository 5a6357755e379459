namespace ModelPack.Compiler.Encodings;

/// <summary>Q4_0: 32 elements, d · (q − 8). Half d, 16 bytes of nibbles.</summary>
internal sealed class Q4_0() : BlockEncoding("Q4_0", 2, 32, Codes + 16, Grouped(bits: 4, columns: 32, offset: 8), Scale)
{
    private const int Scale = 0;
    private const int Codes = 2;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        Bits.Nibbles(block[Codes..], to.Codes);
    }
}

/// <summary>Q4_1: 32 elements, d · q + m. Half d, half m, 16 bytes of nibbles.</summary>
internal sealed class Q4_1() : BlockEncoding("Q4_1", 3, 32, Codes + 16, Grouped(bits: 4, columns: 32, minimum: true), Scale, Minimum)
{
    private const int Scale = 0;
    private const int Minimum = 2;
    private const int Codes = 4;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        to.Minima[0] = (float)HalfAt(block, Minimum);
        Bits.Nibbles(block[Codes..], to.Codes);
    }
}
