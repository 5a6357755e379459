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

    private readonly List<NativeBuffer> _blocks = [];
    private readonly int _keyFloats = BlockPositions * shape.KeyLength;
    private readonly int _valueFloats = BlockPositions * Padded(shape.ValueLength);

    /// <summary>Floats from one position's values to the next.</summary>
    public int ValueStride { get; } = Padded(shape.ValueLength);

    /// <summary>Positions that hold keys and values.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the blocks; asked for at every step, so it is kept, not summed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that <paramref name="length"/> positions take.</summary>
    public long BytesFor(int length) =>
        Math.Max((length + BlockPositions - 1) / BlockPositions, _blocks.Count) * ((long)shape.CacheLayers * shape.KvHeads * (_keyFloats + _valueFloats) * sizeof(float));

    private static int Padded(int length) => (length + 15) / 16 * 16;

    /// <summary>Makes room for positions up to <paramref name="length"/>.</summary>
    public void Reserve(int length)
    {
        var floats = (long)shape.CacheLayers * shape.KvHeads * (_keyFloats + _valueFloats);
        while (_blocks.Count * BlockPositions < length)
        {
            // Cleared: masked lanes are read, and must be finite.
            var block = new NativeBuffer(floats * sizeof(float), clear: true);
            _blocks.Add(block);
            Bytes += block.Bytes;
        }
    }

    public void SetLength(int length) => Length = length;

    public float* Keys(int block, int layer, int head) =>
        _blocks[block].Floats + ((((long)layer * shape.KvHeads) + head) * (_keyFloats + _valueFloats));

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
        foreach (var block in _blocks)
        {
            block.Dispose();
        }

        _blocks.Clear();
        Bytes = 0;
    }
}
