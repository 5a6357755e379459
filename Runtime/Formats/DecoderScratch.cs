using ModelPack.Execution;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>What a thread needs to decode chunks, one after the other: a buffer for stored bytes, and each codec's own.</summary>
/// <param name="bytes">Stored bytes of the largest chunk that is expected.</param>
internal sealed class DecoderScratch(int bytes) : IDisposable
{
    private Decompressor? _zstandard;

    /// <summary>Stored bytes of the current chunk; grows to the largest.</summary>
    public NativeBuffer? Stored = new(bytes, pressure: false);

    /// <summary>Decompresses a Zstandard frame into exactly <paramref name="raw"/>.</summary>
    /// <exception cref="Entropy.CorruptStreamException">As <see cref="ZstandardFrame.Decompress"/> says.</exception>
    public void Decompress(ReadOnlySpan<byte> frame, Span<byte> raw) => ZstandardFrame.Decompress(_zstandard ??= new(), frame, raw);

    public void Dispose()
    {
        _zstandard?.Dispose();
        Stored?.Dispose();
    }
}
