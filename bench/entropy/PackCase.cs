using ModelPack.Compiler.Profiles;
using ModelPack.Formats;

namespace ModelPack.Bench;

/// <summary>All weights of a real pack, decoded one after the other into their resident forms: one core, segment by segment into the same memory.</summary>
internal sealed unsafe class PackCase
{
    private readonly byte[] _bytes;
    private readonly Pack _pack;
    private readonly PackSegment[] _segments;
    private readonly byte[] _raw;

    public PackCase(string path)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(checked((int)new FileInfo(path).Length), pinned: true);
        using (var file = File.OpenRead(path))
        {
            file.ReadExactly(_bytes);
        }

        _pack = Pack.Open((byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0), _bytes.Length, path);
        var matrices = _pack.Tensors.Where(t => t.Rows > 1 && _pack.Segments[t.Segment].Codec != SegmentCodec.Stored).ToArray();
        _segments = [.. matrices.Select(t => _pack.Segments[t.Segment])];
        Weights = matrices.Sum(t => (long)t.Rows * t.Columns);
        Bits = 8.0 * _segments.Sum(s => s.StoredBytes) / Weights;
        _raw = GC.AllocateUninitializedArray<byte>(checked((int)_segments.Max(s => s.RawBytes)), pinned: true);
    }

    /// <summary>Of all matrices that are decoded.</summary>
    public long Weights { get; }

    /// <summary>Bits of a weight at rest.</summary>
    public double Bits { get; }

    /// <summary>Seconds per weight.</summary>
    public Stopwatches.Times Measure(KernelSet rung, double seconds)
    {
        using var decoder = new ChunkDecoder(_pack, new(_pack.Data, _pack.Length, null), rung);
        var times = Stopwatches.Measure(() => Run(decoder), seconds);
        return new(times.Median / Weights, times.Best / Weights);
    }

    private void Run(ChunkDecoder decoder)
    {
        fixed (byte* raw = _raw)
        {
            foreach (var segment in _segments)
            {
                for (var chunk = 0; chunk < segment.Chunks.Length; chunk++)
                {
                    decoder.Decode(segment, chunk, raw);
                }
            }
        }
    }
}
