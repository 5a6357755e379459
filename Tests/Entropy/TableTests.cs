using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>Tables: quantised to 2^13, built so that every slot has its symbol, read back only where they make sense.</summary>
public sealed unsafe class TableTests
{
    [Fact]
    public void Every_symbol_has_as_many_slots_as_its_frequency_says_each_with_an_offset_of_its_own()
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var alphabet = i % 2 == 0 ? RansAlphabet.Narrow : RansAlphabet.Wide;
            var n = RansTable.Entries(alphabet);
            var frequencies = CodedSymbols.RandomTable(n, random.Next(1, 2 * n), random).Frequencies;
            Assert.Equal(RansFormat.Scale, frequencies.Sum(f => f));
            var table = new uint[RansTable.Words(alphabet)];
            fixed (uint* t = table)
            {
                RansTable.Build(frequencies, t, n, 0);
            }

            var seen = new HashSet<(uint, uint)>();
            for (uint slot = 0; slot < RansFormat.Scale; slot++)
            {
                var bucket = slot / (uint)(RansFormat.Scale / n);
                var entry = table[n + bucket + (slot >= table[bucket] ? n : 0)];
                var (symbol, offset) = (entry >> 13 & 63, (slot + entry) & 8191);
                Assert.Equal(frequencies[symbol], entry >> 19);
                Assert.True(offset < frequencies[symbol]);
                Assert.True(seen.Add((symbol, offset)));
            }
        }
    }

    [Fact]
    public void Quantised_tables_cost_next_to_nothing()
    {
        var random = new Random(2);
        for (var i = 0; i < 100; i++)
        {
            var counts = Enumerable.Range(0, 32).Select(_ => (long)Math.Pow(10, random.NextDouble() * 6)).ToArray();
            var total = counts.Sum();
            var entropy = counts.Sum(c => -c * Math.Log2((double)c / total));
            Assert.InRange(FrequencyTable.Bits(counts, FrequencyTable.Quantize(counts)), entropy - 1e-6, entropy * 1.005);
        }
    }

    [Fact]
    public void Code_lengths_by_integers_are_logarithms()
    {
        for (var f = 1; f <= RansFormat.Scale; f++)
        {
            Assert.InRange(CodeLength.Of(f) / 65536.0, 13 - Math.Log2(f), 13 - Math.Log2(f) + 1.0 / 32768);
        }
    }

    [Fact]
    public void Tables_are_written_and_read_back()
    {
        var random = new Random(3);
        for (var i = 0; i < 100; i++)
        {
            var frequencies = CodedSymbols.RandomTable(32, random.Next(1, 40), random).Frequencies;
            var sink = new ByteSink();
            FrequencyTable.Write(sink, frequencies);
            uint[] expected = new uint[96], actual = new uint[96];
            fixed (uint* e = expected, a = actual)
            {
                RansTable.Build(frequencies, e, 32, 0);
                var cursor = new ByteCursor(sink.ToArray());
                TableReader.Read(ref cursor, 32, a, 32);
                Assert.Equal(0, cursor.Left);
            }

            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [InlineData("FF3F")] // all slots to one symbol's 2^14 − 1
    [InlineData("8040 00 1F")] // 2^13 for one
    [InlineData("01 00 1E")] // a sum of 1
    [InlineData("00 20")] // more zeros than symbols
    [InlineData("FFFFFFFFFF01")] // a number without end
    [InlineData("8020 8020")] // cut short
    public void Impossible_tables_are_errors(string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Throws<CorruptStreamException>(() =>
        {
            var cursor = new ByteCursor(bytes);
            fixed (uint* t = new uint[96])
            {
                TableReader.Read(ref cursor, 32, t, 32);
            }
        });
    }
}
