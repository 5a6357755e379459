using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// IQ3_XXS: 256 elements in groups of 32, d·(2s + 1)/4 · ±grid. Half d, 64 index bytes (8 points of 4 a group), then per group 32 bits: four times seven signs, s (4 bits).
/// </summary>
internal sealed class IQ3_XXS() : BlockEncoding("IQ3_XXS", 18, 256, Signs + 32, Grouped(bits: 8, columns: 32, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Points = 2;
    private const int Signs = Points + 64;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var d = (float)HalfAt(block, Scale);
        for (var g = 0; g < 8; g++)
        {
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(block[(Signs + (4 * g))..]);
            to.Scales[g] = d * ((2 * (int)(packed >> 28)) + 1) / 4;
            for (var k = 0; k < 8; k++)
            {
                // Eight signs cover two points.
                var signs = IqGrids.Signs(packed >> (7 * (k / 2))) >> (4 * (k % 2));
                IqGrids.Point3Xxs(IqGrids.Iq3Xxs[block[Points + (8 * g) + k]], signs, to.Codes.Slice((32 * g) + (4 * k), 4));
            }
        }
    }
}

/// <summary>
/// IQ3_S: 256 elements in groups of 32, d·(2s + 1) · ±grid. Half d, 64 bytes of low index bits (8 points of 4 a group), 8 of ninth index bits, 32 of signs, 8 nibbles of s.
/// </summary>
internal sealed class IQ3_S() : BlockEncoding("IQ3_S", 21, 256, SubScales + 4, Grouped(bits: 8, columns: 32, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Low = 2;
    private const int NinthBits = Low + 64;
    private const int Signs = NinthBits + 8;
    private const int SubScales = Signs + 32;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var d = (float)HalfAt(block, Scale);
        for (var g = 0; g < 8; g++)
        {
            to.Scales[g] = d * ((2 * (block[SubScales + (g / 2)] >> (4 * (g % 2)) & 15)) + 1);
            for (var k = 0; k < 8; k++)
            {
                var index = block[Low + (8 * g) + k] | (block[NinthBits + g] >> k & 1) << 8;
                var signs = block[Signs + (4 * g) + (k / 2)] >> (4 * (k % 2));
                IqGrids.Point3S(IqGrids.Iq3S[index], signs, to.Codes.Slice((32 * g) + (4 * k), 4));
            }
        }
    }
}
