using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>Symbols of a given spread, their table, and their stream.</summary>
internal sealed unsafe class CodedSymbols
{
    private readonly CodingTable[] _tables;
    private readonly int _blocks;

    public CodedSymbols(int alphabet, double deviation, int blocks, int seed)
    {
        var random = new Random(seed);
        _blocks = blocks;
        Symbols = new byte[blocks * RansFormat.BlockSymbols];
        var counts = new long[alphabet];
        for (var i = 0; i < Symbols.Length; i++)
        {
            // A sum of uniforms is near enough to normal.
            var z = Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6;
            Symbols[i] = (byte)Math.Clamp((int)Math.Round((z * deviation) + (alphabet / 2.0)), 0, alphabet - 1);
            counts[Symbols[i]]++;
        }

        EntropyBytes = counts.Where(c => c > 0).Sum(c => -c * Math.Log2((double)c / Symbols.Length)) / 8;
        _tables = [.. Enumerable.Repeat(new CodingTable(FrequencyTable.Quantize(counts)), RansFormat.BlockTables)];
        Stream = Encode(Symbols, _tables);
    }

    public byte[] Symbols { get; }

    public byte[] Stream { get; }

    /// <summary>Entropy of the symbols under the frequencies they have.</summary>
    public double EntropyBytes { get; }

    public static CodingTable RandomTable(int alphabet, int used, Random random)
    {
        var counts = new long[alphabet];
        for (var n = 0; n < used; n++)
        {
            counts[random.Next(alphabet)] = random.Next(1, 1000);
        }

        return new(FrequencyTable.Quantize(counts));
    }

    public static byte Draw(ushort[] frequencies, Random random)
    {
        var slot = random.Next(RansFormat.Scale);
        for (byte s = 0; ; s++)
        {
            slot -= frequencies[s];
            if (slot < 0)
            {
                return s;
            }
        }
    }

    public static byte[] Encode(byte[] symbols, CodingTable[] tables)
    {
        var encoder = new RansEncoder();
        encoder.Add(symbols, tables);
        return encoder.Finish();
    }

    public byte[] Decode(KernelSet rung) => Decode(Stream, _tables, _blocks, rung);

    public byte[] Decode(KernelSet rung, byte[] stream) => Decode(stream, _tables, _blocks, rung);

    public static byte[] Decode(byte[] stream, CodingTable[] tables, int blocks, KernelSet rung)
    {
        var alphabet = tables[0].Frequencies.Length == 16 ? RansAlphabet.Narrow : RansAlphabet.Wide;
        var distinct = tables.Distinct().ToArray();
        var memory = new uint[distinct.Length * RansTable.Words(alphabet)];
        var symbols = new byte[blocks * RansFormat.BlockSymbols];
        // Exactly as long as the stream, so that a read beyond it would at least be another array's.
        fixed (uint* m = memory)
        fixed (byte* s = stream, to = symbols)
        {
            var addresses = new nint[tables.Length];
            for (var t = 0; t < distinct.Length; t++)
            {
                RansTable.Build(distinct[t].Frequencies, m + (t * RansTable.Words(alphabet)), RansTable.Entries(alphabet), 0);
            }

            for (var i = 0; i < tables.Length; i++)
            {
                addresses[i] = (nint)(m + (Array.IndexOf(distinct, tables[i]) * RansTable.Words(alphabet)));
            }

            fixed (nint* a = addresses)
            {
                var rans = new RansStream(s, stream.Length / 2, rung);
                rans.Decode(alphabet, a, tables.Length == RansFormat.BlockTables ? 0 : RansFormat.BlockTables, to, blocks);
                rans.Finish();
            }
        }

        return symbols;
    }
}
