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
        using (var decompressor = new Decompressor())
        {
            ZstandardFrame.Decompress(decompressor, cursor.Take(cursor.Left), compact);
        }

        CompactTokenizer.Expand(compact, new(raw, checked((int)rawBytes)));
    }
}
