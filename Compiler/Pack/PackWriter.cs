using System.IO.Hashing;
using System.Text;
using ModelPack.Formats;
using ZstdSharp;

namespace ModelPack.Compiler.Packing;

/// <summary>
/// Writes a pack (<see cref="PackFormat"/>). Segments are compressed chunk by chunk on several threads and written in order, so the bytes do not depend on the number of threads.
/// </summary>
/// <param name="output">Seekable.</param>
/// <param name="threads">To compress with.</param>
/// <param name="cancellation">Ends the work; what was written is incomplete then.</param>
/// <param name="worthDecoding">A segment is kept compressed where that leaves less than this part of it.</param>
internal sealed class PackWriter(Stream output, int threads, CancellationToken cancellation, double worthDecoding = PackWriter.WorthDecoding)
{
    /// <summary>Zstandard level: beyond it codes of quantised weights gain nothing and building takes longer.</summary>
    private const int Level = 9;

    /// <summary>
    /// Unless told otherwise, a segment that would not become smaller than this part of it is stored as it is and used in place from the executable's pages: codes of 4 and 8 bits
    /// shrink by 4 to 6% only, and decoding 100 MB of them took 75 ms of processor time at every start (SmolLM2, idle machine: 93.3 MB and 65 ms to the first token, against 97.4 MB and 27 ms).
    /// </summary>
    public const double WorthDecoding = 0.9;

    private readonly List<PackTensor> _tensors = [];
    private readonly List<PackSegment> _segments = [];
    private long _position = -1;

    /// <summary>Bytes written so far.</summary>
    public long Position => _position;

    /// <summary>Adds a tensor in its resident form.</summary>
    public void AddTensor(string name, WeightFormat format, int rows, int columns, byte[] resident) =>
        _tensors.Add(new(name, format, rows, columns, AddSegment(SegmentKind.Tensor, resident)));

    /// <summary>Adds a segment and returns its index.</summary>
    public int AddSegment(SegmentKind kind, byte[] raw)
    {
        if (_position < 0)
        {
            output.Write(new byte[PackFormat.HeaderBytes]);
            _position = PackFormat.HeaderBytes;
        }

        var count = (raw.Length + PackFormat.ChunkBytes - 1) / PackFormat.ChunkBytes;
        var compressed = new byte[count][];
        Parallel.For(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => new Compressor(Level),
            (i, _, compressor) =>
            {
                compressed[i] = compressor.Wrap(Chunk(raw, i)).ToArray();
                return compressor;
            },
            compressor => compressor.Dispose());

        var codec = compressed.Sum(c => (long)c.Length) < raw.Length * worthDecoding ? SegmentCodec.Zstandard : SegmentCodec.Stored;
        var chunks = new PackChunk[count];
        var offset = _position;
        for (var i = 0; i < count; i++)
        {
            var stored = codec == SegmentCodec.Stored ? Chunk(raw, i) : compressed[i];
            output.Write(stored);
            chunks[i] = new(_position, stored.Length, XxHash3.HashToUInt64(stored));
            _position += stored.Length;
        }

        _segments.Add(new(kind, codec, offset, raw.Length, PackFormat.ChunkBytes, chunks));
        return _segments.Count - 1;
    }

    /// <summary>Writes directory and header; returns the pack's hash in hex.</summary>
    public string Finish()
    {
        var directory = Directory();
        var hash = XxHash128.Hash(directory);
        output.Write(directory);
        var header = new MemoryStream();
        using (var writer = new BinaryWriter(header, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(PackFormat.Magic);
            writer.Write(PackFormat.Version);
            writer.Write(_position + directory.Length);
            writer.Write(_position);
            writer.Write((long)directory.Length);
            writer.Write(hash);
        }

        output.Position = 0;
        output.Write(header.ToArray());
        output.Flush();
        _position += directory.Length;
        return Convert.ToHexStringLower(hash);
    }

    private static ReadOnlySpan<byte> Chunk(byte[] raw, int index)
    {
        var start = index * PackFormat.ChunkBytes;
        return raw.AsSpan(start, Math.Min(PackFormat.ChunkBytes, raw.Length - start));
    }

    private byte[] Directory()
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(_tensors.Count);
        writer.Write(_segments.Count);
        foreach (var tensor in _tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            writer.Write((ushort)name.Length);
            writer.Write(name);
            var format = tensor.Format;
            writer.Write((byte)format.Family);
            writer.Write((byte)format.Plain);
            writer.Write(format.CodeBits);
            writer.Write((byte)format.Scale);
            writer.Write(format.GroupColumns);
            writer.Write(format.HasMinimum);
            writer.Write(format.Offset);
            writer.Write((byte)format.Codebook);
            writer.Write(tensor.Rows);
            writer.Write(tensor.Columns);
            writer.Write(tensor.Segment);
        }

        foreach (var segment in _segments)
        {
            writer.Write((byte)segment.Kind);
            writer.Write((byte)segment.Codec);
            writer.Write(segment.Offset);
            writer.Write(segment.RawBytes);
            writer.Write(segment.ChunkRawBytes);
            writer.Write(segment.Chunks.Length);
            foreach (var chunk in segment.Chunks)
            {
                writer.Write(chunk.StoredBytes);
                writer.Write(chunk.Hash);
            }
        }

        return stream.ToArray();
    }
}
