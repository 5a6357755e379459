using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// IQ1_S: 256 elements in groups of 32, d·(2s + 1) · (grid ± ⅛). Half d, 32 bytes of low index bits, 8 × 16 bits: four times three
/// high index bits, s (3 bits), sign of the shift.
/// </summary>
internal sealed class IQ1_S() : BlockEncoding("IQ1_S", 19, 256, High + 16, Grouped(bits: 8, columns: 32, ScaleKind.F32, offset: IqGrids.Offset), Scale)
{
    private const int Scale = 0;
    private const int Low = 2;
    private const int High = Low + 32;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var d = (float)HalfAt(block, Scale);
        for (var g = 0; g < 8; g++)
        {
            int high = BinaryPrimitives.ReadUInt16LittleEndian(block[(High + (2 * g))..]);
            // An eighth, because codes are eight times the level.
            to.Scales[g] = d * ((2 * (high >> 12 & 7)) + 1) / 8;
            for (var k = 0; k < 4; k++)
            {
                var index = block[Low + (4 * g) + k] | (high >> (3 * k) & 7) << 8;
                IqGrids.Point1(IqGrids.Iq1[index], (high & 0x8000) != 0, to.Codes.Slice((32 * g) + (8 * k), 8));
            }
        }
    }
}

/// <summary>
/// IQ1_M: 256 elements in groups of 16, d·(2s + 1) · (grid ± ⅛). 32 bytes of low index bits, 16 bytes of nibbles (three high index bits, sign of the shift),
/// 4 × 16 bits: four s of 3 bits, and a quarter of half d on top.
/// </summary>
internal sealed class IQ1_M() : BlockEncoding("IQ1_M", 29, 256, Scales + 8, Grouped(bits: 8, columns: 16, ScaleKind.F32, offset: IqGrids.Offset))
{
    private const int Low = 0;
    private const int High = 32;
    private const int Scales = High + 16;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var d = (float)SuperScale(block);
        for (var g = 0; g < 16; g++)
        {
            var s = BinaryPrimitives.ReadUInt16LittleEndian(block[(Scales + (2 * (g / 4)))..]) >> (3 * (g % 4)) & 7;
            to.Scales[g] = d * ((2 * s) + 1) / 8;
            for (var k = 0; k < 2; k++)
            {
                var high = block[High + g] >> (4 * k);
                var index = block[Low + (2 * g) + k] | (high & 7) << 8;
                IqGrids.Point1(IqGrids.Iq1[index], (high & 8) != 0, to.Codes.Slice((16 * g) + (8 * k), 8));
            }
        }
    }

    public override long FirstNonFinite(ReadOnlySpan<byte> row)
    {
        for (var b = 0; b < row.Length / BlockBytes; b++)
        {
            if (!Half.IsFinite(SuperScale(row.Slice(b * BlockBytes, BlockBytes))))
            {
                return (long)b * BlockElements;
            }
        }

        return -1;
    }

    private static Half SuperScale(ReadOnlySpan<byte> block)
    {
        var bits = 0;
        for (var i = 0; i < 4; i++)
        {
            bits |= block[Scales + (2 * i) + 1] >> 4 << (4 * i);
        }

        return BitConverter.UInt16BitsToHalf((ushort)bits);
    }
}
