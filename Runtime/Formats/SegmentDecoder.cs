using System.IO.Hashing;
using ModelPack.Execution;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>
/// Brings segments from rest to their raw form: checks every chunk's hash, then decodes it. The place where the entropy decoder comes in.
/// </summary>
internal static unsafe class SegmentDecoder
{
    /// <summary>Kernels read whole vectors: some bytes of slack behind each segment.</summary>
    private const int Slack = 64;

    /// <summary>
    /// Decodes several segments on all threads of a pool. A segment that is stored as it is gets checked and its bytes in the pack are handed out;
    /// the others lie in one buffer, and their pages in the pack are given back.
    /// </summary>
    /// <returns>Where each segment's raw bytes begin, and the buffer.</returns>
    /// <exception cref="ModelPackException">MP5002: a checksum does not match, or a frame does not decode to its size.</exception>
    public static (nint[] Data, NativeBuffer Buffer) Decode(Pack pack, IReadOnlyList<PackSegment> segments, WorkerPool pool)
    {
        long bytes = 0;
        var data = new nint[segments.Count];
        var chunks = new List<(int Segment, int Chunk)>();
        for (var s = 0; s < segments.Count; s++)
        {
            data[s] = (nint)bytes;
            bytes += segments[s].Codec == SegmentCodec.Stored ? 0 : (segments[s].RawBytes + Slack + 63) / 64 * 64;
            for (var c = 0; c < segments[s].Chunks.Length; c++)
            {
                chunks.Add((s, c));
            }
        }

        var buffer = new NativeBuffer(bytes);
        for (var s = 0; s < segments.Count; s++)
        {
            data[s] = segments[s].Codec == SegmentCodec.Stored ? (nint)(pack.Data + segments[s].Offset) : (nint)buffer.Pointer + data[s];
        }

        // Compressed pages go as soon as they are decoded, so that the peak holds each weight once.
        var releases = PageAdvice.IsReadOnlyFile(pack.Data, pack.Length);
        using var job = new DecodeJob(pack, segments, data, chunks, pool.Threads, releases);
        pool.Run(job, chunks.Count);
        if (job.Error is not null)
        {
            buffer.Dispose();
            throw job.Error;
        }

        if (releases)
        {
            ReleaseDecoded(pack, segments);
        }

        return (data, buffer);
    }

    /// <summary>Runs of compressed segments as one range each: the pages that two chunks share.</summary>
    private static void ReleaseDecoded(Pack pack, IReadOnlyList<PackSegment> segments)
    {
        long first = 0, end = 0;
        foreach (var segment in segments.Where(s => s.Codec != SegmentCodec.Stored).OrderBy(s => s.Offset))
        {
            if (segment.Offset != end)
            {
                PageAdvice.Release(pack.Data + first, end - first);
                first = segment.Offset;
            }

            end = segment.Offset + segment.StoredBytes;
        }

        PageAdvice.Release(pack.Data + first, end - first);
    }

    private sealed class DecodeJob(Pack pack, IReadOnlyList<PackSegment> segments, nint[] data, List<(int Segment, int Chunk)> chunks, int workers, bool releases)
        : ParallelJob, IDisposable
    {
        private readonly Decompressor?[] _decompressors = new Decompressor?[workers];
        private ModelPackException? _error;

        /// <summary>The first thing that went wrong (jobs must not throw: other workers are running).</summary>
        public ModelPackException? Error => _error;

        public override void Run(int chunk, int worker)
        {
            var (s, c) = chunks[chunk];
            var segment = segments[s];
            var entry = segment.Chunks[c];
            var stored = new ReadOnlySpan<byte>(pack.Data + entry.Offset, entry.StoredBytes);
            if (XxHash3.HashToUInt64(stored) != entry.Hash)
            {
                Fail(c, entry, "its checksum does not match its bytes");
                return;
            }

            if (segment.Codec == SegmentCodec.Stored)
            {
                return;
            }

            var raw = new Span<byte>((byte*)data[s] + ((long)c * segment.ChunkRawBytes), segment.RawBytesOf(c));
            try
            {
                var written = (_decompressors[worker] ??= new()).Unwrap(stored, raw);
                if (written != raw.Length)
                {
                    Fail(c, entry, $"it decodes to {written} bytes instead of {raw.Length}");
                }

                if (releases)
                {
                    PageAdvice.Release(pack.Data + entry.Offset, entry.StoredBytes);
                }
            }
            catch (ZstdException e)
            {
                Fail(c, entry, $"it does not decode ({e.Message})");
            }
        }

        private void Fail(int chunk, PackChunk entry, string what) => Interlocked.CompareExchange(
            ref _error,
            new ModelPackException(MpCodes.PackCorrupted, $"chunk {chunk} at byte {entry.Offset} of the pack is damaged: {what}. Copy the application again or rebuild it."),
            null);

        public void Dispose()
        {
            foreach (var decompressor in _decompressors)
            {
                decompressor?.Dispose();
            }
        }
    }
}
