using ModelPack.Entropy;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>Zstandard frames whose size is known.</summary>
internal static class ZstandardFrame
{
    /// <summary>Decompresses a frame into exactly <paramref name="raw"/>.</summary>
    /// <exception cref="CorruptStreamException">It does not decode, or not to that size.</exception>
    public static void Decompress(Decompressor decompressor, ReadOnlySpan<byte> frame, Span<byte> raw)
    {
        int written;
        try
        {
            written = decompressor.Unwrap(frame, raw);
        }
        catch (ZstdException e)
        {
            throw new CorruptStreamException($"it does not decode ({e.Message})");
        }

        if (written != raw.Length)
        {
            throw new CorruptStreamException($"it decodes to {written} bytes instead of {raw.Length}");
        }
    }
}
