using System.IO.Hashing;
using ModelPack.Entropy;
using ModelPack.Platform;

namespace ModelPack.Formats;

/// <summary>
/// Brings chunks of a pack from rest to their raw form: checks a chunk's hash, then decodes it. The seam between the pack's codecs and those who need their bytes.
/// Thread-safe: one thread a chunk.
/// </summary>
/// <param name="pack">Stays mapped.</param>
/// <param name="bytes">Where its bytes come from; disposed of with this object.</param>
/// <param name="kernels">Rung of the entropy decoder.</param>
/// <param name="expanded">Whether weights with trellis codes become scalar tiles (<see cref="TiledLayout"/>).</param>
internal sealed unsafe class ChunkDecoder(Pack pack, StoredBytes bytes, KernelSet kernels, bool expanded = false) : IDisposable
{
    private const string WrongChecksum = "its checksum does not match its bytes";

    private readonly SegmentCoding _coding = new(pack, bytes, expanded);

    /// <summary>What no thread works with now; made as needed and freed with the last weight.</summary>
    private readonly Stack<DecoderScratch> _idle = new();

    /// <summary>Decodes one chunk of a segment; of one that is stored as it is, only the hash is checked.</summary>
    /// <param name="segment">Of the pack.</param>
    /// <param name="chunk">0 … Chunks − 1.</param>
    /// <param name="raw">Where the segment's bytes go, all of them: as many as its raw form has, or as <see cref="TiledLayout.MostExpandedBytes"/> says.</param>
    /// <returns>Bytes that the chunk takes in memory.</returns>
    /// <exception cref="ModelPackException">MP5002: the checksum does not match, or the chunk does not decode to its size.</exception>
    public long Decode(PackSegment segment, int chunk, byte* raw)
    {
        var entry = segment.Chunks[chunk];
        if (segment.Codec == SegmentCodec.Stored)
        {
            return XxHash3.HashToUInt64(bytes.Mapped(entry.Offset, entry.StoredBytes)) == entry.Hash ? entry.RawBytes : throw Damaged(chunk, entry, WrongChecksum);
        }

        var scratch = Rent(segment.Codec);
        try
        {
            if (!bytes.TryRead(entry.Offset, entry.StoredBytes, entry.Hash, ref scratch.Stored, out var stored))
            {
                throw Damaged(chunk, entry, WrongChecksum);
            }

            if (_coding.Prepare(segment) is { } decoding)
            {
                var (offset, count) = decoding.Place(entry.RawOffset, entry.RawBytes);
                decoding.Decode(stored, raw + offset, count, kernels);
                return count;
            }

            scratch.Decompress(stored, new(raw + entry.RawOffset, entry.RawBytes));
            return entry.RawBytes;
        }
        catch (CorruptStreamException e)
        {
            throw Damaged(chunk, entry, e.Message);
        }
        finally
        {
            bytes.Release(entry.Offset, entry.StoredBytes);
            Return(scratch);
        }
    }

    /// <summary>Gives back what is left of compressed segments in memory, once all are decoded.</summary>
    public void ReleaseAll()
    {
        foreach (var segment in pack.Segments.Where(s => s.Codec != SegmentCodec.Stored))
        {
            bytes.Release(segment.Offset, segment.StoredBytes);
        }
    }

    /// <summary>Frees what decoding needed; there may be nobody decoding.</summary>
    public void Dispose()
    {
        while (_idle.TryPop(out var scratch))
        {
            scratch.Dispose();
        }

        _coding.Dispose();
        bytes.Dispose();
    }

    private static ModelPackException Damaged(int chunk, PackChunk entry, string what) => new(
        MpCodes.PackCorrupted, $"chunk {chunk} at byte {entry.Offset} of the pack is damaged: {what}. Copy the application again or rebuild it.");

    private DecoderScratch Rent(SegmentCodec codec)
    {
        lock (_idle)
        {
            return _idle.TryPop(out var scratch) ? scratch : new(LargestChunk(codec));
        }
    }

    /// <summary>Stored bytes of the largest chunk of a codec: a buffer that grows is new pages each time.</summary>
    private int LargestChunk(SegmentCodec codec)
    {
        var most = 0;
        foreach (var segment in pack.Segments)
        {
            foreach (var chunk in segment.Codec == codec ? segment.Chunks : [])
            {
                most = Math.Max(most, chunk.StoredBytes);
            }
        }

        return most;
    }

    private void Return(DecoderScratch scratch)
    {
        lock (_idle)
        {
            _idle.Push(scratch);
        }
    }
}
