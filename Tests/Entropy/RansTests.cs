using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

public class RansTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.8)]
    [InlineData(2.0)]
    [InlineData(4.0)]
    [InlineData(30.0)]
    public void The_coded_size_is_within_half_a_percent_of_the_entropy_tables_included(double sigma)
    {
        const int Steps = 1 << 14;
        var symbols = Gaussian(sigma, Steps * RansStream.Lanes);
        var counts = new long[RansTable.Symbols];
        foreach (var s in symbols)
        {
            counts[s]++;
        }

        var entropy = counts.Where(c => c > 0).Sum(c => -c * Math.Log2((double)c / symbols.Length));
        var table = new RansTable(Frequencies.Of(counts));
        var (states, words) = Encode(table, symbols);
        var coded = (16.0 * words.Length) + (32 * states.Length) + (16 * RansTable.Symbols);
        Assert.InRange(coded, entropy, 1.005 * entropy);
    }

    [Fact]
    public void Frequencies_add_up_and_give_every_symbol_that_occurs_a_slot()
    {
        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var counts = new long[RansTable.Symbols];
            for (var s = 0; s < counts.Length; s++)
            {
                counts[s] = random.Next(3) == 0 ? 0 : 1L << random.Next(0, 40);
            }

            counts[random.Next(16)]++;
            var frequencies = Frequencies.Of(counts);
            Assert.Equal(RansTable.Slots, frequencies.Sum(f => f));
            Assert.All(Enumerable.Range(0, 16), s => Assert.Equal(counts[s] > 0, frequencies[s] > 0));
            AssertEverySlotOnce(new(frequencies));
        }
    }

    [Fact]
    public void Frequencies_that_do_not_add_up_are_refused() => Assert.Throws<ArgumentException>(() => new RansTable(new ushort[16]));

    private static void AssertEverySlotOnce(RansTable table)
    {
        var seen = new HashSet<(uint, uint)>();
        for (uint slot = 0; slot < RansTable.Slots; slot++)
        {
            uint bucket = slot >> 8, low = slot & 255;
            var entry = table.Words[RansTable.EntriesOffset + bucket + (low >= table.Words[bucket] ? 16u : 0)];
            uint symbol = (entry >> 13) & 15, index = low + (entry >> 17) - 256;
            Assert.Equal(table.Frequencies[(int)symbol], (ushort)(entry & 0x1FFF));
            Assert.True(index < table.Frequencies[(int)symbol] && seen.Add((symbol, index)), $"slot {slot}");
        }
    }

    private static (uint[] States, ushort[] Words) Encode(RansTable table, byte[] symbols)
    {
        var map = new SlotMap(table);
        var encoder = new RansEncoder();
        for (var at = symbols.Length - RansStream.Lanes; at >= 0; at -= RansStream.Lanes)
        {
            encoder.PutStep(table, map, symbols.AsSpan(at, RansStream.Lanes));
        }

        return encoder.Finish();
    }

    private static byte[] Gaussian(double sigma, int count)
    {
        var random = new Random(7);
        var symbols = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            symbols[i] = (byte)Math.Clamp((int)Math.Round(8 + (sigma * z)), 0, 15);
        }

        return symbols;
    }
}
