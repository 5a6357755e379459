using System.Buffers.Binary;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Formats;

/// <summary>A tiled weight whose bytes make no sense ends in MP5001, whatever is wrong: nothing in it may become an index unchecked.</summary>
public unsafe class TiledViewTests
{
    private const int Rows = 70;
    private const int Columns = 130;

    private static RandomTiled Weight(int states = 8) => new(Rows, Columns, new(states, EscapesPerTile: 5), new Random(3));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void A_sound_weight_opens(int states)
    {
        var weight = Weight(states);
        fixed (byte* data = weight.Bytes)
        {
            var view = new TiledView("w", data, weight.Bytes.Length, Rows, Columns, states);
            Assert.Equal(2, view.Groups);
            Assert.Equal(3, view.Blocks);
            Assert.Equal(weight.CodesOffset, view.Codes - data);
            Assert.Equal(Enumerable.Range(0, Rows), weight.RowOrder.Select((row, i) => view.RowPosition(row) == i ? i : -1));
        }
    }

    [Fact]
    public void Weights_with_the_same_column_order_and_scales_share_activations()
    {
        RandomTiled a = Weight(), b = Weight(1);
        a.Bytes.AsSpan(0, 512 * 3).CopyTo(b.Bytes);
        fixed (byte* pa = a.Bytes, pb = b.Bytes)
        {
            var view = new TiledView("a", pa, a.Bytes.Length, Rows, Columns, 8);
            Assert.True(view.SharesColumns(new("b", pb, b.Bytes.Length, Rows, Columns, 1)));
            pb[4 * 192] ^= 1;
            Assert.False(view.SharesColumns(new("b", pb, b.Bytes.Length, Rows, Columns, 1)));
        }
    }

    public static TheoryData<string, int, uint> Damages()
    {
        var w = Weight();
        int scales = 4 * 192, rows = 512 * 3, steps = rows + (4 * 128), kinds = w.KindsOffset, starts = w.EscapesOffset, escapes = starts + (4 * 7);
        return new()
        {
            { "column order has 130", 0, Columns },
            { "column order has -1 at position 5", 20, uint.MaxValue },
            { "column order has " + w.ColumnOrder[0] + " at position 1", 4, (uint)w.ColumnOrder[0] },
            { "behind the last; expected −1", 4 * Columns, 0 },
            { "column scale 3", scales + 12, BitConverter.SingleToUInt32Bits(float.NaN) },
            { "column scale 130", scales + (4 * Columns), BitConverter.SingleToUInt32Bits(1f) },
            { "row order has 70", rows, Rows },
            { "behind the last; expected −1", rows + (4 * 127), 1 },
            { "row step 2", steps + 8, BitConverter.SingleToUInt32Bits(float.PositiveInfinity) },
            { "is of kind 0x01", kinds, 0x84848401 },
            { "is of kind 0x89", kinds, 0x84848489 },
            { "is of kind 0x0a", kinds, 0x8484840a },
            { "its tiles take", kinds, BinaryPrimitives.ReadUInt32LittleEndian(w.Bytes.AsSpan(kinds)) ^ (w.Bytes[kinds] == 0x88 ? 12u : 1u) },
            { "escapes, from number 1 on", starts, 1 },
            { "do not fit", starts + 24, 0x7fffffff },
            { "tile 0 has escapes", starts + 4, 0xffffffff },
            { "at lane 64", escapes, 64 },
            { "column 64", escapes, 64 << 8 },
            { "expected ascending places", escapes + 4, 0 },
        };
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Each_damage_is_named(string message, int offset, uint value)
    {
        var bytes = Weight().Bytes.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        Assert.Contains(message, Open(bytes).Text);
    }

    [Fact]
    public void A_weight_without_a_trellis_has_no_trellis_tiles_and_one_with_it_may_have_scalar_ones()
    {
        RandomTiled scalar = Weight(1), trellis = Weight(8);
        scalar.Bytes[scalar.KindsOffset] ^= 0x80;
        trellis.Bytes[trellis.KindsOffset] ^= 0x80;
        fixed (byte* s = scalar.Bytes, t = trellis.Bytes)
        {
            var data = (nint)s;
            Assert.Contains("is of kind 0x8", Assert.Throws<ModelPackException>(() => new TiledView("w", (byte*)data, scalar.Bytes.Length, Rows, Columns, 1)).Text, StringComparison.Ordinal);
            Assert.Equal(trellis.Bytes[trellis.KindsOffset], new TiledView("w", t, trellis.Bytes.Length, Rows, Columns, 8).Kinds[0]);
        }
    }

    [Fact]
    public void A_weight_that_is_cut_short_or_too_long_is_refused()
    {
        var bytes = Weight().Bytes;
        foreach (var length in (int[])[0, 63, 64, 4000, bytes.Length - 64, bytes.Length - 1, bytes.Length + 1, bytes.Length + 64])
        {
            var other = new byte[length];
            bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(other);
            Open(other);
        }
    }

    [Fact]
    public void Random_headers_never_do_harm()
    {
        var random = new Random(9);
        var sound = Weight();
        for (var i = 0; i < 3000; i++)
        {
            var bytes = sound.Bytes.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(sound.CodesOffset)] = (byte)random.Next(256);
            }

            fixed (byte* data = bytes)
            {
                try
                {
                    var view = new TiledView("w", data, bytes.Length, Rows, Columns, 8);
                    var values = new float[Columns];
                    fixed (float* v = values)
                    {
                        TiledRow.Dequantize(view, random.Next(Rows), v);
                    }
                }
                catch (ModelPackException e)
                {
                    Assert.Equal(MpCodes.PackMalformed, e.Code);
                }
            }
        }
    }

    private static ModelPackException Open(byte[] bytes)
    {
        fixed (byte* data = bytes)
        {
            var at = data;
            var error = Assert.Throws<ModelPackException>(() => new TiledView("w", at, bytes.Length, Rows, Columns, 8));
            Assert.Equal(MpCodes.PackMalformed, error.Code);
            Assert.Contains("'w' [70, 130]", error.Text);
            return error;
        }
    }
}
