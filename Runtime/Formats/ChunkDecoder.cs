using System.IO.Hashing;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>
/// Brings chunks of a pack from rest to their raw form: checks a chunk's hash, then decodes it. The seam between the pack's codecs and those who need their bytes.
/// Thread-safe: one thread a chunk.
/// </summary>
internal sealed unsafe class ChunkDecoder(Pack pack) : IDisposable
{
    /// <summary>Decompressors that no thread uses now: each keeps some 100 KB, so they are made as needed and freed with the last weight.</summary>
    private readonly Stack<Decompressor> _idle = new();

    /// <summary>Decodes one chunk of a segment; of one that is stored as it is, only the hash is checked.</summary>
    /// <param name="segment">Of the pack.</param>
    /// <param name="chunk">0 … Chunks − 1.</param>
    /// <param name="raw">Where the segment's raw bytes go, all of them.</param>
    /// <exception cref="ModelPackException">MP5002: the checksum does not match, or the chunk does not decode to its size.</exception>
    public void Decode(PackSegment segment, int chunk, byte* raw)
    {
        var entry = segment.Chunks[chunk];
        var stored = new ReadOnlySpan<byte>(pack.Data + entry.Offset, entry.StoredBytes);
        if (XxHash3.HashToUInt64(stored) != entry.Hash)
        {
            throw Damaged(chunk, entry, "its checksum does not match its bytes");
        }

        if (segment.Codec == SegmentCodec.Stored)
        {
            return;
        }

        var target = new Span<byte>(raw + ((long)chunk * segment.ChunkRawBytes), segment.RawBytesOf(chunk));
        try
        {
            var written = Unwrap(stored, target);
            if (written != target.Length)
            {
                throw Damaged(chunk, entry, $"it decodes to {written} bytes instead of {target.Length}");
            }
        }
        catch (ZstdException e)
        {
            throw Damaged(chunk, entry, $"it does not decode ({e.Message})");
        }
    }

    public void Dispose()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out var decompressor))
            {
                decompressor.Dispose();
            }
        }
    }

    private int Unwrap(ReadOnlySpan<byte> stored, Span<byte> target)
    {
        Decompressor? decompressor;
        lock (_idle)
        {
            _idle.TryPop(out decompressor);
        }

        decompressor ??= new();
        try
        {
            return decompressor.Unwrap(stored, target);
        }
        finally
        {
            lock (_idle)
            {
                _idle.Push(decompressor);
            }
        }
    }

    private static ModelPackException Damaged(int chunk, PackChunk entry, string what) => new(
        MpCodes.PackCorrupted, $"chunk {chunk} at byte {entry.Offset} of the pack is damaged: {what}. Copy the application again or rebuild it.");
}
