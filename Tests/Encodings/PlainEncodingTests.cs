using System.Runtime.InteropServices;
using ModelPack.Compiler.Encodings;

namespace ModelPack.Tests.Encodings;

public sealed class PlainEncodingTests
{
    [Fact]
    public void Each_plain_type_gives_its_values()
    {
        Assert.Equal([1.5f, -0f, float.Epsilon], Dequantize("F32", [1.5f, -0f, float.Epsilon]));
        Assert.Equal([1.5f, -65504f, 5.9604645E-08f], Dequantize("F16", [(Half)1.5f, Half.MinValue, Half.Epsilon]));
        Assert.Equal([1f, -2f], Dequantize("BF16", [(ushort)0x3F80, (ushort)0xC000]));
        Assert.Equal([0.1f, -1e30f], Dequantize("F64", [0.1, -1e30]));
        Assert.Equal([-128f, 127f], Dequantize("I8", [sbyte.MinValue, sbyte.MaxValue]));
        Assert.Equal([-32768f, 32767f], Dequantize("I16", [short.MinValue, short.MaxValue]));
        Assert.Equal([int.MinValue, 16_777_216f], Dequantize("I32", [int.MinValue, 1 << 24]));
        Assert.Equal([long.MinValue, 3f], Dequantize("I64", [long.MinValue, 3L]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(131)]
    public void The_first_value_that_is_not_finite_is_found_wherever_it_is(int length)
    {
        for (var i = 0; i < length; i++)
        {
            foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                var values = Enumerable.Range(0, length).Select(j => j == i || j == length - 1 ? bad : float.MaxValue).ToArray();
                Assert.Equal(i, First("F32", values));
                Assert.Equal(i, First("F64", values.Select(v => (double)v).ToArray()));
                Assert.Equal(i, First("F16", values.Select(v => v == float.MaxValue ? Half.MaxValue : (Half)v).ToArray()));
                Assert.Equal(i, First("BF16", values.Select(v => (ushort)(v == float.MaxValue ? 0x7F7F : BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray()));
            }
        }

        Assert.Equal(-1, First("F32", Enumerable.Repeat(-float.MaxValue, length).ToArray()));
        Assert.Equal(-1, First("F16", Enumerable.Repeat(Half.MinValue, length).ToArray()));
        Assert.Equal(-1, First("I64", Enumerable.Repeat(-1L, length).ToArray()));
    }

    [Fact]
    public void A_double_beyond_the_range_of_f32_counts_as_not_finite() => Assert.Equal(1, First("F64", [1e38, 1e39]));

    [Fact]
    public void Integers_that_no_f32_holds_are_found()
    {
        Assert.Equal(-1, Inexact("I64", [0L, 1L << 24, -(1L << 24), long.MinValue, 0xFFFFFFL << 39, -3L]));
        Assert.Equal(1, Inexact("I64", [0L, (1L << 24) + 1]));
        Assert.Equal(0, Inexact("I64", [long.MaxValue]));
        Assert.Equal(2, Inexact("I32", [1, 1 << 30, int.MaxValue]));
        Assert.Equal(-1, Inexact("I16", [short.MinValue, short.MaxValue]));
        Assert.Equal(-1, Inexact("F64", [0.1]));
    }

    private static float[] Dequantize<T>(string type, T[] elements)
        where T : unmanaged
    {
        var values = new float[elements.Length];
        EncodingTable.Find(type)!.Dequantize(MemoryMarshal.AsBytes<T>(elements), values);
        return values;
    }

    private static long First<T>(string type, T[] elements)
        where T : unmanaged => EncodingTable.Find(type)!.FirstNonFinite(MemoryMarshal.AsBytes<T>(elements));

    private static long Inexact<T>(string type, T[] elements)
        where T : unmanaged => EncodingTable.Find(type)!.FirstInexact(MemoryMarshal.AsBytes<T>(elements));
}
