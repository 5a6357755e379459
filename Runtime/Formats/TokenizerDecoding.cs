using System.Buffers.Binary;
using ModelPack.Entropy;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>A tokenizer's tables as one chunk: i32 bytes of <see cref="CompactTokenizer"/>'s form, then that as a Zstandard frame.</summary>
internal sealed unsafe class TokenizerDecoding : SegmentDecoding
{
    /// <inheritdoc/>
    public override void Decode(ReadOnlySpan<byte> stored, byte* raw, long rawBytes, KernelSet kernels)
    {
        var cursor = new ByteCursor(stored);
        var bytes = cursor.I32();
        if (bytes < 0 || bytes > rawBytes)
        {
            throw new CorruptStreamException($"it claims {bytes} bytes for tables of {rawBytes}");
        }

        var compact = new byte[bytes];
        try
        {
            using var decompressor = new Decompressor();
            var written = decompressor.Unwrap(cursor.Take(cursor.Left), compact);
            if (written != bytes)
            {
                throw new CorruptStreamException($"it decodes to {written} bytes instead of {bytes}");
            }
        }
        catch (ZstdException e)
        {
            throw new CorruptStreamException($"it does not decode ({e.Message})");
        }

        CompactTokenizer.Expand(compact, new(raw, checked((int)rawBytes)));
    }
}
