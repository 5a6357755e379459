using ModelPack.Execution;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>What a thread needs to decode chunks, one after the other: a buffer for stored bytes, and each codec's own.</summary>
internal sealed class DecoderScratch : IDisposable
{
    private Decompressor? _zstandard;

    /// <summary>Stored bytes of the current chunk; grows to the largest.</summary>
    public NativeBuffer? Stored;

    /// <summary>Decompresses a Zstandard frame into exactly <paramref name="raw"/>.</summary>
    /// <returns>null, or what is wrong with the frame.</returns>
    public string? Decompress(ReadOnlySpan<byte> frame, Span<byte> raw)
    {
        try
        {
            var written = (_zstandard ??= new()).Unwrap(frame, raw);
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
