using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>The interleaved coder by itself: round trips, size, identical bytes on every rung, and streams that end too early.</summary>
public sealed unsafe class RansTests
{
    /// <summary>"Coded size within 0.5% of the entropy of the codes under their tables."</summary>
    private const double SizeTolerance = 0.005;

    public static TheoryData<int, double, KernelSet> Cases()
    {
        var data = new TheoryData<int, double, KernelSet>();
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var symbols in (int[])[16, 32])
            {
                foreach (var deviation in (double[])[0.3, 1, symbols / 8.0, symbols])
                {
                    data.Add(symbols, deviation, rung);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_was_encoded_is_decoded_within_the_entropy(int symbols, double deviation, KernelSet rung)
    {
        var source = new CodedSymbols(symbols, deviation, blocks: 2000, seed: 1);
        Assert.Equal(source.Symbols, source.Decode(rung));
        // 256 bytes are the states.
        Assert.InRange(source.Stream.Length, source.EntropyBytes, (source.EntropyBytes * (1 + SizeTolerance)) + 256);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(33)]
    public void Streams_of_any_length_end_exactly(int blocks)
    {
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var deviation in (double[])[0.2, 3])
            {
                var source = new CodedSymbols(16, deviation, blocks, seed: blocks);
                Assert.Equal(source.Symbols, source.Decode(rung));
            }
        }
    }

    [Fact]
    public void Every_block_may_have_tables_of_its_own()
    {
        var random = new Random(4);
        const int Blocks = 40;
        var symbols = new byte[Blocks * RansFormat.BlockSymbols];
        var tables = new CodingTable[Blocks * RansFormat.BlockTables];
        var choices = Enumerable.Range(1, 5).Select(n => CodedSymbols.RandomTable(32, n, random)).ToArray();
        for (var t = 0; t < tables.Length; t++)
        {
            tables[t] = choices[random.Next(choices.Length)];
        }

        for (var i = 0; i < symbols.Length; i++)
        {
            // Byte 64v + 4l + j of a block is under table (j, v).
            var table = tables[(i / 256 * 16) + (4 * (i & 3)) + (i / 64 % 4)];
            symbols[i] = CodedSymbols.Draw(table.Frequencies, random);
        }

        foreach (var rung in KernelSets.Supported)
        {
            Assert.Equal(symbols, CodedSymbols.Decode(CodedSymbols.Encode(symbols, tables), tables, Blocks, rung));
        }
    }

    [Fact]
    public void A_stream_cut_short_or_too_long_is_an_error_on_every_rung()
    {
        var source = new CodedSymbols(16, 2, blocks: 20, seed: 5);
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var length in (int[])[0, 2, 254, 256, 300, source.Stream.Length - 2])
            {
                Assert.Throws<CorruptStreamException>(() => source.Decode(rung, source.Stream[..length]));
            }

            Assert.Throws<CorruptStreamException>(() => source.Decode(rung, [.. source.Stream, 0, 0]));
        }
    }

    [Fact]
    public void Damaged_streams_give_the_same_bytes_or_the_same_error_on_every_rung()
    {
        var source = new CodedSymbols(32, 4, blocks: 6, seed: 6);
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var damaged = source.Stream.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            var results = KernelSets.Supported.Select(rung => Outcome(source, rung, damaged)).Distinct();
            Assert.Single(results);
        }
    }

    private static string Outcome(CodedSymbols source, KernelSet rung, byte[] stream)
    {
        try
        {
            return Convert.ToHexString(source.Decode(rung, stream));
        }
        catch (CorruptStreamException e)
        {
            return e.Message;
        }
    }
}
