using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Profiles;
using ModelPack.Entropy;
using ModelPack.Tests.Entropy;

namespace ModelPack.Bench;

/// <summary>A weight of the tiled family as a pack of about 3.5 bits has it, decoded into a resident form.</summary>
internal sealed unsafe class TiledCase
{
    private const int Rows = 1024;
    private const int Columns = 1024;

    /// <summary>About the deviation of codes at a divergence of .05: 2^(5/4).</summary>
    private const int UnitClass = 5;

    private readonly CodedSegment _segment;
    private readonly TiledDecoder _decoder;
    private readonly byte[] _raw;

    public TiledCase(int states, bool expanded)
    {
        var matrix = RandomMatrix.Make(Rows, Columns, states, UnitClass, seed: 1);
        var tables = new TiledTableSet(states);
        tables.Count(matrix, new());
        _segment = TiledSegmentEncoder.Encode(matrix, tables, 0, 0, new())!;
        _decoder = TiledDecoder.Prepare(
            _segment.Prologue, _segment.RawBytes.Sum(), TiledTables.Read(tables.ToBytes()), TiledColumns.Read(TiledSegmentEncoder.Columns(matrix)), expanded);
        _raw = GC.AllocateUninitializedArray<byte>(checked((int)_decoder.Place(0, _segment.RawBytes.Sum()).Bytes), pinned: true);
        Bits = 8.0 * _segment.StoredBytes / (Rows * Columns);
    }

    /// <summary>Bits of a weight at rest.</summary>
    public double Bits { get; }

    /// <summary>Seconds per weight.</summary>
    public Stopwatches.Times Measure(KernelSet rung, double seconds)
    {
        var times = Stopwatches.Measure(() => Run(rung), seconds);
        return new(times.Median / (Rows * Columns), times.Best / (Rows * Columns));
    }

    private void Run(KernelSet rung)
    {
        fixed (byte* raw = _raw)
        {
            long at = 0;
            for (var c = 0; c < _segment.Chunks.Length; c++)
            {
                var (offset, bytes) = _decoder.Place(at, _segment.RawBytes[c]);
                _decoder.Decode(_segment.Chunks[c], raw + offset, bytes, rung);
                at += _segment.RawBytes[c];
            }
        }
    }
}
