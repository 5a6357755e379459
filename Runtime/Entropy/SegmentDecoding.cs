namespace ModelPack.Entropy;

/// <summary>A segment whose prologue has been read: decodes its chunks, on any number of threads.</summary>
internal abstract unsafe class SegmentDecoding
{
    /// <summary>Where a chunk's bytes are in memory, whose form may be another than the one whose sizes the pack states.</summary>
    /// <param name="rawOffset">Of the chunk, as the pack states it.</param>
    /// <param name="rawBytes">Likewise.</param>
    /// <exception cref="CorruptStreamException">Not one of this segment's chunks.</exception>
    public virtual (long Offset, long Bytes) Place(long rawOffset, long rawBytes) => (rawOffset, rawBytes);

    /// <summary>Decodes a chunk. Thread-safe.</summary>
    /// <param name="stored">The chunk.</param>
    /// <param name="raw">Where its part of the segment goes: at its <see cref="Place"/>.</param>
    /// <param name="rawBytes">Bytes of that, all of which are written.</param>
    /// <param name="kernels">The rung; resolved.</param>
    /// <exception cref="CorruptStreamException">The chunk is damaged; what has been written means nothing.</exception>
    public abstract void Decode(ReadOnlySpan<byte> stored, byte* raw, long rawBytes, KernelSet kernels);
}
