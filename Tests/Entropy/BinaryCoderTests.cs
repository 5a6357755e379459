using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>The adaptive coder of side information.</summary>
public sealed class BinaryCoderTests
{
    [Fact]
    public void Numbers_of_all_sizes_come_back()
    {
        var random = new Random(1);
        uint[] values = [0, 1, 2, uint.MaxValue - 1, .. Enumerable.Range(0, 2000).Select(_ => (uint)random.NextInt64(1L << random.Next(1, 32)))];
        var encoder = new BinaryEncoder();
        NumberModel written = new(), read = new();
        foreach (var value in values)
        {
            encoder.Number(written, value);
        }

        var decoder = new BinaryDecoder(encoder.Finish());
        foreach (var value in values)
        {
            Assert.Equal(value, decoder.Number(read));
        }

        decoder.Finish();
    }

    [Fact]
    public void Long_runs_of_the_likely_carry_and_cost_little()
    {
        var encoder = new BinaryEncoder();
        ushort zero = BinaryModel.Half;
        for (var i = 0; i < 100_000; i++)
        {
            encoder.Bit(ref zero, i % 1000 != 999);
        }

        var bytes = encoder.Finish();
        Assert.InRange(bytes.Length, 1, 1000);
        var decoder = new BinaryDecoder(bytes);
        zero = BinaryModel.Half;
        for (var i = 0; i < 100_000; i++)
        {
            Assert.Equal(i % 1000 != 999, decoder.Bit(ref zero));
        }

        decoder.Finish();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1000, 5)]
    [InlineData(6000, 6000)]
    public void Orders_come_back(int count, int keys)
    {
        var random = new Random(count);
        int[] order = [.. Enumerable.Range(0, count).OrderBy(_ => random.Next(keys))];
        var encoder = new BinaryEncoder();
        SideNumbersWriter.Order(encoder, order);
        var bytes = encoder.Finish();
        Assert.InRange(bytes.Length, 0, (count * (Math.Log2(Math.Min(keys, count)) + 1) / 8) + 100);
        var read = new int[count];
        var decoder = new BinaryDecoder(bytes);
        SideNumbers.Order(ref decoder, read);
        decoder.Finish();
        Assert.Equal(order, read);
    }

    [Fact]
    public void Cut_short_it_is_an_error()
    {
        var encoder = new BinaryEncoder();
        SideNumbersWriter.Differences(encoder, [.. Enumerable.Range(0, 100).Select(i => i * i)]);
        var bytes = encoder.Finish();
        Assert.Throws<CorruptStreamException>(() =>
        {
            var decoder = new BinaryDecoder(bytes.AsSpan(0, bytes.Length / 2));
            SideNumbers.Differences(ref decoder, new int[100]);
            decoder.Finish();
        });
    }
}
