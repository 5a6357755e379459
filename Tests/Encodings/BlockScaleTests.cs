using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Packing;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Tests.Encodings;

/// <summary>Scales that are no numbers, and the ends of MXFP4's range.</summary>
public sealed class BlockScaleTests
{
    public static TheoryData<string> Quantised => [.. EncodingTable.All.Where(e => e.Resident.Family == WeightFamily.Grouped).Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Quantised))]
    public void A_row_is_not_finite_exactly_where_a_value_is_not(string type)
    {
        // Zero blocks with the sign and exponent bits of one 16-bit word set: where that word is a scale, values become NaN or infinite.
        var encoding = EncodingTable.Find(type)!;
        var found = 0;
        for (var position = 0; position + 1 < encoding.BlockBytes; position++)
        {
            var row = new byte[3 * encoding.BlockBytes];
            // Codes that stand for zero hide nothing: 0 · infinity is NaN.
            row[encoding.BlockBytes + position] = 0x01;
            row[encoding.BlockBytes + position + 1] = 0x7C;
            var values = new float[3 * encoding.BlockElements];
            encoding.Dequantize(row, values);

            var first = Array.FindIndex(values, v => !float.IsFinite(v));
            var reported = encoding.FirstNonFinite(row);
            Assert.Equal(first >= 0, reported >= 0);
            if (first >= 0)
            {
                found++;
                Assert.Equal(1, reported / encoding.BlockElements);
            }
        }

        // MXFP4's scale is no half, IQ1_M's is spread over four words: they have tests of their own below.
        Assert.True(found > 0 || type is "MXFP4" or "IQ1_M", type);
    }

    [Fact]
    public void IQ1_M_gathers_its_scale_from_four_nibbles()
    {
        var encoding = EncodingTable.Find("IQ1_M")!;
        var row = new byte[2 * encoding.BlockBytes];
        foreach (var (word, nibble) in new[] { (3, 0x7), (2, 0xC) })
        {
            row[encoding.BlockBytes + 48 + (2 * word) + 1] = (byte)(nibble << 4);
        }

        Assert.Equal(256, encoding.FirstNonFinite(row));
        row[encoding.BlockBytes + 48 + 5] = 0;
        Assert.Equal(-1, encoding.FirstNonFinite(row));
    }

    [Theory]
    [InlineData(255, -1, 0)]
    [InlineData(254, 7, 5)]
    [InlineData(254, 1, -1)]
    [InlineData(253, 7, 5)]
    [InlineData(252, 7, -1)]
    [InlineData(127, 7, -1)]
    public void MXFP4_overflows_only_at_the_top_of_its_scales(int exponent, int code, int expected)
    {
        var encoding = EncodingTable.Find("MXFP4")!;
        var block = new byte[17];
        block[0] = (byte)exponent;
        if (code >= 0)
        {
            block[1 + 5] = (byte)code;
        }

        Assert.Equal(expected, encoding.FirstNonFinite(block));
    }

    [Fact]
    public void MXFP4_is_exact_for_every_scale_and_level()
    {
        var encoding = EncodingTable.Find("MXFP4")!;
        var levels = new[] { 0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6 };
        var values = new float[32];
        for (var e = 0; e < 255; e++)
        {
            var block = new byte[17];
            block[0] = (byte)e;
            for (var i = 0; i < 16; i++)
            {
                block[1 + i] = (byte)i;
            }

            encoding.Dequantize(block, values);
            for (var i = 0; i < 16; i++)
            {
                Assert.Equal((float)(levels[i] * Math.Pow(2, e - 127)), values[i]);
            }
        }
    }

    [Fact]
    public unsafe void MXFP4_keeps_the_smallest_scales_exactly()
    {
        // Levels are doubled, so e stands for 2^(e − 128): subnormal for e = 0 and 1.
        var encoding = EncodingTable.Find("MXFP4")!;
        var kernel = KernelTable.Find(encoding.Resident)!;
        foreach (var e in (byte[])[0, 1, 2, 3, 127, 254])
        {
            var block = new byte[17];
            block[0] = e;
            for (var i = 0; i < 16; i++)
            {
                block[1 + i] = (byte)(i * 17);
            }

            float[] expected = new float[32], actual = new float[32];
            encoding.Dequantize(block, expected);
            var row = new GroupedRow(32, encoding.Resident);
            encoding.Split(block, row);
            var layout = new GroupedLayout(encoding.Resident, 1, 32);
            var resident = new byte[layout.TotalBytes];
            ResidentEncoder.EncodeRowGroup([row], 1, layout, resident);
            fixed (byte* w = resident)
            fixed (float* to = actual)
            {
                kernel.Dequantize(w, 1, 32, 0, to);
            }

            Assert.Equal(expected, actual);
        }
    }
}
