using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// IQ2_XXS: 256 elements in groups of 32, d·(2s + 1)/8 · ±grid. Half d, then per group 4 index bytes and 32 bits: four times seven signs, s (4 bits).
/// </summary>
internal sealed class IQ2_XXS() : BlockEncoding("IQ2_XXS", 16, 256, Groups + 64, Grouped(bits: 8, columns: 32, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Groups = 2;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var d = (float)HalfAt(block, Scale);
        for (var g = 0; g < 8; g++)
        {
            var group = block.Slice(Groups + (8 * g), 8);
            var signs = BinaryPrimitives.ReadUInt32LittleEndian(group[4..]);
            to.Scales[g] = Iq2Scale.Of(d, (int)(signs >> 28));
            for (var k = 0; k < 4; k++)
            {
                IqGrids.Point2(IqGrids.Iq2Xxs[group[k]], IqGrids.Signs(signs >> (7 * k)), to.Codes.Slice((32 * g) + (8 * k), 8));
            }
        }
    }
}

/// <summary>IQ2_XS: 256 elements in groups of 16, d·(2s + 1)/8 · ±grid. Half d, 32 × 16 bits (9 of index, 7 signs), 16 nibbles of s.</summary>
internal sealed class IQ2_XS() : BlockEncoding("IQ2_XS", 17, 256, SubScales + 8, Grouped(bits: 8, columns: 16, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Points = 2;
    private const int SubScales = Points + 64;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        Iq2Scale.Split(HalfAt(block, Scale), block.Slice(SubScales, 8), to.Scales);
        for (var k = 0; k < 32; k++)
        {
            uint point = BinaryPrimitives.ReadUInt16LittleEndian(block[(Points + (2 * k))..]);
            IqGrids.Point2(IqGrids.Iq2Xs[(int)(point & 511)], IqGrids.Signs(point >> 9), to.Codes.Slice(8 * k, 8));
        }
    }
}

/// <summary>
/// IQ2_S: 256 elements in groups of 16, d·(2s + 1)/8 · ±grid. Half d, 32 bytes of low index bits, 32 of signs, 8 of high index bits (two per point), 16 nibbles of s.
/// </summary>
internal sealed class IQ2_S() : BlockEncoding("IQ2_S", 22, 256, SubScales + 8, Grouped(bits: 8, columns: 16, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Low = 2;
    private const int Signs = Low + 32;
    private const int High = Signs + 32;
    private const int SubScales = High + 8;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        Iq2Scale.Split(HalfAt(block, Scale), block.Slice(SubScales, 8), to.Scales);
        for (var k = 0; k < 32; k++)
        {
            var index = block[Low + k] | (block[High + (k / 4)] >> (2 * (k % 4)) & 3) << 8;
            IqGrids.Point2(IqGrids.Iq2S[index], block[Signs + k], to.Codes.Slice(8 * k, 8));
        }
    }
}

/// <summary>The scale of an IQ2 group: ggml's d · (½ + s) · ¼, exact.</summary>
internal static class Iq2Scale
{
    public static float Of(float d, int s) => d * ((2 * s) + 1) / 8;

    /// <summary>16 scales from 8 bytes, low nibble first.</summary>
    public static void Split(Half d, ReadOnlySpan<byte> nibbles, Span<float> scales)
    {
        for (var g = 0; g < 16; g++)
        {
            scales[g] = Of((float)d, nibbles[g / 2] >> (4 * (g % 2)) & 15);
        }
    }
}
