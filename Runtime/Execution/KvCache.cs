using System.Runtime.InteropServices;

namespace ModelPack.Execution;

/// <summary>
/// Keys and values of all positions of a sequence, f32, in blocks of <see cref="BlockPositions"/> positions that are allocated as the sequence grows and never move.
/// </summary>
/// <remarks>
/// Within a block, per layer and head: keys as [4][KeyLength][16] (16 positions are the lanes of a score, no horizontal sums),
/// values as [64][ValueStride] (the dimensions are the lanes of the weighted sum).
/// </remarks>
internal sealed unsafe class KvCache(ModelShape shape) : IDisposable
{
    /// <summary>Attention's fixed block size: part of the numerics (DESIGN.md, decision 6).</summary>
    public const int BlockPositions = 64;

    /// <summary>Blocks are allocated a few at a time where each would leave much of its last huge page unused (<see cref="Platform.PageAdvice.Allocation"/>).</summary>
    private const int BlocksPerRegion = 4;

    private const long SmallestShared = 1L << 20, LargestShared = 8L << 20;

    private readonly List<NativeBuffer> _regions = [];
    private readonly List<nint> _blocks = [];
    private readonly int _keyFloats = BlockPositions * shape.KeyLength;
    private readonly int _valueFloats = BlockPositions * Padded(shape.ValueLength);

    /// <summary>Floats from one position's values to the next.</summary>
    public int ValueStride { get; } = Padded(shape.ValueLength);

    /// <summary>Positions that hold keys and values.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the blocks in use.</summary>
    public long Bytes => _blocks.Count * BlockBytes;

    private long BlockBytes => (long)shape.CacheLayers * shape.KvHeads * (_keyFloats + _valueFloats) * sizeof(float);

    /// <summary>Bytes that <paramref name="length"/> positions take.</summary>
    public long BytesFor(int length) => Math.Max((length + BlockPositions - 1) / BlockPositions, _blocks.Count) * BlockBytes;

    private static int Padded(int length) => (length + 15) / 16 * 16;

    /// <summary>Makes room for positions up to <paramref name="length"/>.</summary>
    public void Reserve(int length)
    {
        var bytes = BlockBytes;
        var perRegion = bytes is >= SmallestShared and <= LargestShared ? BlocksPerRegion : 1;
        while (_blocks.Count * BlockPositions < length)
        {
            if (_blocks.Count == perRegion * _regions.Count)
            {
                _regions.Add(new(perRegion * bytes));
            }

            // Cleared: masked lanes are read, and must be finite. Only what is cleared takes memory.
            var block = _regions[^1].Pointer + (_blocks.Count % perRegion * bytes);
            NativeMemory.Clear(block, (nuint)bytes);
            _blocks.Add((nint)block);
        }
    }

    public void SetLength(int length) => Length = length;

    public float* Keys(int block, int layer, int head) =>
        (float*)_blocks[block] + ((((long)layer * shape.KvHeads) + head) * (_keyFloats + _valueFloats));

    public float* Values(int block, int layer, int head) => Keys(block, layer, head) + _keyFloats;

    /// <summary>Writes one position's key and value heads.</summary>
    /// <param name="layer">Slot.</param>
    /// <param name="position">Below the reserved length.</param>
    /// <param name="k">[KvHeads · KeyLength].</param>
    /// <param name="v">[KvHeads · ValueLength].</param>
    public void Write(int layer, int position, float* k, float* v)
    {
        int block = position / BlockPositions, place = position % BlockPositions;
        for (var head = 0; head < shape.KvHeads; head++)
        {
            var keys = Keys(block, layer, head) + ((place / 16) * shape.KeyLength * 16) + (place % 16);
            for (var d = 0; d < shape.KeyLength; d++)
            {
                keys[16 * d] = k[d];
            }

            new ReadOnlySpan<float>(v, shape.ValueLength).CopyTo(new(Values(block, layer, head) + (place * ValueStride), shape.ValueLength));
            k += shape.KeyLength;
            v += shape.ValueLength;
        }
    }

    public void Dispose()
    {
        foreach (var region in _regions)
        {
            region.Dispose();
        }

        _regions.Clear();
        _blocks.Clear();
    }
}
