using ModelPack.Compiler.Encodings;
using ModelPack.Formats;

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
    public void MXFP4_groups_of_the_smallest_scale_fit_a_power_of_two_that_is_kept()
    {
        // e = 0 means 2^-128 for doubled levels; ScaleKind.PowerOfTwo starts at 2^-127.
        var encoding = EncodingTable.Find("MXFP4")!;
        var block = new byte[17];
        byte[] even = [0, 2, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15];
        even.CopyTo(block, 1);
        var row = new GroupedRow(32, encoding.Resident);
        encoding.Split(block, row);

        Assert.Equal((float)Math.Pow(2, -127), row.Scales[0]);
        var levels = new[] { 0, 1, 2, 3, 4, 6, 0, -1, -2, -3, -4, -6 };
        for (var i = 0; i < levels.Length; i++)
        {
            Assert.Equal((float)(levels[i] * Math.Pow(2, -127)), row.Scales[0] * Codebooks.Mxfp4[row.Codes[i]]);
        }
    }
}
