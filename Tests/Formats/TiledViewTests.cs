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
        a.Bytes.AsSpan(0, 4).CopyTo(b.Bytes);
        a.Bytes.AsSpan(a.OrdersOffset, 2 * Columns).CopyTo(b.Bytes.AsSpan(b.OrdersOffset));
        a.Bytes.AsSpan(a.FactorsOffset, Columns).CopyTo(b.Bytes.AsSpan(b.FactorsOffset));
        fixed (byte* pa = a.Bytes, pb = b.Bytes)
        {
            var view = new TiledView("a", pa, a.Bytes.Length, Rows, Columns, 8);
            Assert.True(view.SharesColumns(new("b", pb, b.Bytes.Length, Rows, Columns, 1)));
            pb[b.FactorsOffset] ^= 1;
            Assert.False(view.SharesColumns(new("b", pb, b.Bytes.Length, Rows, Columns, 1)));
        }
    }

    public static TheoryData<string, int, uint, int> Damages()
    {
        var w = Weight();
        int columns = w.OrdersOffset, rows = columns + (2 * Columns), kinds = w.KindsOffset, starts = 16, places = w.PlacesOffset;
        return new()
        {
            { "column scales are 2^(-2000/8)", 0, unchecked((uint)-2000), 4 },
            { "row steps are 2^(600/4)", 4, 600, 4 },
            { "row steps have 0 steps per octave", 8, 0, 4 },
            { "row steps have -1 steps per octave", 8, uint.MaxValue, 4 },
            { "row steps have 256 steps per octave", 8, 256, 4 },
            { "do not fit", 12, 0x7fffffff, 4 },
            { "do not fit", 12, 0xffffffff, 4 },
            { "column order has 130 at position 0", columns, Columns, 2 },
            { "column order has 65535 at position 5", columns + 10, 65535, 2 },
            { "column order has " + w.ColumnOrder[0] + " at position 1", columns + 2, (uint)w.ColumnOrder[0], 2 },
            { "row order has 70", rows, Rows, 2 },
            { "row order has " + w.RowOrder[0] + " at position 69", rows + (2 * 69), (uint)w.RowOrder[0], 2 },
            { "is of kind 0x01", kinds, 0x01, 1 },
            { "is of kind 0x89", kinds, 0x89, 1 },
            { "is of kind 0x0a", kinds, 0x0a, 1 },
            { "its tiles take", kinds, w.Bytes[kinds] == 0x88 ? 0x84u : w.Bytes[kinds] ^ 1u, 1 },
            { "escapes are number 1", starts, 1, 4 },
            { $"escapes are number 0 to 77; expected 0 to {w.Escapes.Count}", starts + 32, 77, 4 },
            { "sub-group 0 has escapes", starts + 4, 0xffffffff, 4 },
            { "at block 3, lane", places, 3 << 12, 4 },
            { "at block 0, lane 16", places, 16 << 6, 4 },
            { "expected ascending places", places + 4, 0, 4 },
        };
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Each_damage_is_named(string message, int offset, uint value, int count)
    {
        var bytes = Weight().Bytes.ToArray();
        var four = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        four.AsSpan(0, count).CopyTo(bytes.AsSpan(offset));
        Assert.Contains(message, Open(bytes).Text);
    }

    /// <summary>Rows and columns are numbered in four bytes where two are not enough.</summary>
    [Theory]
    [InlineData(65536)]
    [InlineData(65537)]
    public void Many_rows_come_back(int rows)
    {
        var weight = new RandomTiled(rows, 3, new(1, Width: 2, EscapesPerTile: 0), new Random(1));
        fixed (byte* data = weight.Bytes)
        {
            var view = new TiledView("w", data, weight.Bytes.Length, rows, 3, 1);
            Assert.Equal(rows > 65536, view.IsWide);
            Assert.Equal(weight.RowOrder, Enumerable.Range(0, rows).Select(view.Row));
            Assert.Equal(weight.ColumnOrder, Enumerable.Range(0, 3).Select(view.Column));
        }
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
