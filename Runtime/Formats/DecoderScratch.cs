using ModelPack.Execution;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>What a thread needs to decode chunks, one after the other: a buffer for stored bytes, and each codec's own.</summary>
internal sealed class DecoderScratch : IDisposable
{
    private Decompressor? _zstandard;

    /// <summary>Stored bytes of the current chunk; grows to the largest.</summary>
    public NativeBuffer? Stored;

    /// <summary>Decodes a chunk whose hash has been checked.</summary>
    /// <param name="codec">Any but <see cref="SegmentCodec.Stored"/>.</param>
    /// <param name="stored">The chunk.</param>
    /// <param name="raw">Exactly as long as it has to become.</param>
    /// <returns>null, or what is wrong with the chunk.</returns>
    public string? Decode(SegmentCodec codec, ReadOnlySpan<byte> stored, Span<byte> raw)
    {
        if (codec != SegmentCodec.Zstandard)
        {
            return $"this runtime has no codec {codec}";
        }

        try
        {
            var written = (_zstandard ??= new()).Unwrap(stored, raw);
            return written == raw.Length ? null : $"it decodes to {written} bytes instead of {raw.Length}";
        }
        catch (ZstdException e)
        {
            return $"it does not decode ({e.Message})";
        }
    }

    public void Dispose()
    {
        _zstandard?.Dispose();
        Stored?.Dispose();
    }
}
