using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Profiles;
using ModelPack.Entropy;

namespace ModelPack.Bench;

/// <summary>A stream of normally distributed symbols, decoded into a buffer that stays in the first cache.</summary>
internal sealed unsafe class StreamCase
{
    private const int Blocks = 4096;
    private const int RunBlocks = 16;

    private readonly RansAlphabet _alphabet;
    private readonly byte[] _stream;
    private readonly uint[] _table;
    private readonly nint[] _tables = GC.AllocateUninitializedArray<nint>(RansFormat.BlockTables, pinned: true);
    private readonly byte[] _output = GC.AllocateUninitializedArray<byte>(RunBlocks * RansFormat.BlockSymbols, pinned: true);

    public StreamCase(RansAlphabet alphabet, double deviation)
    {
        _alphabet = alphabet;
        var random = new Random(1);
        var n = alphabet == RansAlphabet.Path ? 32 : RansTable.Entries(alphabet);
        var symbols = new byte[Blocks * RansFormat.BlockSymbols];
        var counts = new long[n];
        for (var i = 0; i < symbols.Length; i++)
        {
            var z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            symbols[i] = (byte)Math.Clamp((int)Math.Round((z * deviation) + (n / 2)), 0, n - 1);
            counts[symbols[i]]++;
        }

        var frequencies = FrequencyTable.Quantize(counts);
        var encoder = new RansEncoder();
        encoder.Add(symbols, [.. Enumerable.Repeat(new CodingTable(frequencies), RansFormat.BlockTables)]);
        _stream = encoder.Finish();
        Bits = 8.0 * _stream.Length / symbols.Length;
        _table = GC.AllocateUninitializedArray<uint>(RansTable.Words(alphabet) + 16, pinned: true);
        fixed (uint* allocated = _table)
        {
            var t = (uint*)(((nint)allocated + 63) & -64);
            RansTable.Build(frequencies, t, RansTable.Entries(alphabet), 0);
            if (alphabet == RansAlphabet.Path)
            {
                // Both tables of the pair alike: the path costs the same.
                RansTable.Build(frequencies, t, RansTable.Entries(alphabet), 1);
                RansTable.SetPath(t, isPair: true);
            }

            if (RansTable.Entries(alphabet) == 64)
            {
                RansTable.SetPlanes(t, isPair: alphabet == RansAlphabet.Path);
            }

            Array.Fill(_tables, (nint)t);
        }
    }

    /// <summary>Bits of a symbol.</summary>
    public double Bits { get; }

    /// <summary>Seconds per symbol.</summary>
    public Stopwatches.Times Measure(KernelSet rung, double seconds)
    {
        var times = Stopwatches.Measure(() => Run(rung), seconds);
        return new(times.Median / (Blocks * RansFormat.BlockSymbols), times.Best / (Blocks * RansFormat.BlockSymbols));
    }

    private void Run(KernelSet rung)
    {
        fixed (byte* stream = _stream, output = _output)
        fixed (nint* tables = _tables)
        {
            var rans = new RansStream(stream, _stream.Length / 2, rung);
            rans.StartPaths(eightStates: true);
            for (var b = 0; b < Blocks; b += RunBlocks)
            {
                rans.Decode(_alphabet, tables, 0, output, RunBlocks, hasPlanes: true);
            }

            rans.Finish();
        }
    }
}
