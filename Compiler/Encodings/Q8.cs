namespace ModelPack.Compiler.Encodings;

/// <summary>Q8_0: 32 elements, d · q with q a signed byte. Half d, 32 bytes.</summary>
internal sealed class Q8_0() : BlockEncoding("Q8_0", 8, 32, Codes + 32, Grouped(bits: 8, columns: 32, offset: 128), Scale)
{
    private const int Scale = 0;
    private const int Codes = 2;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            // q + 128 as an unsigned byte.
            to.Codes[i] = (byte)(block[Codes + i] ^ 0x80);
        }
    }
}
