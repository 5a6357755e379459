using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>IQ4_NL: 32 elements, d · level[q]. Half d, 16 bytes of nibbles.</summary>
internal sealed class IQ4_NL() : BlockEncoding("IQ4_NL", 20, 32, Codes + 16, Grouped(bits: 4, columns: 32, codebook: CodebookId.Iq4), Scale)
{
    private const int Scale = 0;
    private const int Codes = 2;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.Scales[0] = (float)HalfAt(block, Scale);
        Bits.Nibbles(block[Codes..], to.Codes);
    }
}

/// <summary>
/// IQ4_XS: 256 elements in groups of 32, d·(s − 32) · level[q]. Half d, 16 bits with the upper two of each s, 4 bytes with the lower four, 128 bytes of nibbles.
/// </summary>
internal sealed class IQ4_XS() : BlockEncoding(
    "IQ4_XS", 23, 256, Codes + 128, Grouped(bits: 4, columns: 32, ScaleKind.TwoLevel, codebook: CodebookId.Iq4), Scale)
{
    private const int Scale = 0;
    private const int SubScalesUpper = 2;
    private const int SubScalesLower = 4;
    private const int Codes = 8;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        var upper = BinaryPrimitives.ReadUInt16LittleEndian(block[SubScalesUpper..]);
        for (var g = 0; g < 8; g++)
        {
            var lower = block[SubScalesLower + (g / 2)] >> (4 * (g % 2)) & 15;
            to.SubScales[g] = (sbyte)((lower | ((upper >> (2 * g) & 3) << 4)) - 32);
            Bits.Nibbles(block.Slice(Codes + (16 * g), 16), to.Codes.Slice(32 * g, 32));
        }
    }
}
