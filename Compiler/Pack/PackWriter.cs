using System.IO.Hashing;
using System.Text;
using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;
using ModelPack.Formats;
using ZstdSharp;

namespace ModelPack.Compiler.Packing;

/// <summary>
/// Writes a pack (<see cref="PackFormat"/>). Segments are compressed chunk by chunk on several threads and written in order, so the bytes do not depend on the number of threads.
/// </summary>
/// <param name="output">Seekable.</param>
/// <param name="threads">To compress with.</param>
/// <param name="cancellation">Ends the work; what was written is incomplete then.</param>
/// <param name="worthDecoding">General bytes are kept compressed where that leaves less than this part of them.</param>
/// <param name="worthCoding">The same of codes; 0: all are stored as they are, used in place, and nothing is decoded at start.</param>
internal sealed class PackWriter(
    Stream output, int threads, CancellationToken cancellation, double worthDecoding = PackWriter.WorthDecoding, double worthCoding = PackWriter.WorthCoding)
{
    /// <summary>Zstandard level: beyond it codes of quantised weights gain nothing and building takes longer.</summary>
    public const int Level = 9;

    /// <summary>The same for scales, of which there are few.</summary>
    public const int ScaleLevel = 19;

    /// <summary>
    /// Unless told otherwise, general bytes are compressed where that leaves less than this part of them; else they are used in place, from the executable's pages.
    /// </summary>
    public const double WorthDecoding = 0.9;

    /// <summary>The same for codes: entropy decoding writes a gigabyte of codes a second and core, several times what Zstandard does, so a few percent are worth it.</summary>
    public const double WorthCoding = 0.97;

    private readonly List<PackTensor> _tensors = [];
    private readonly List<PackSegment> _segments = [];
    private readonly List<RansTable> _tables = [];
    private long _position = -1;

    /// <summary>Bytes written so far.</summary>
    public long Position => _position;

    /// <summary>Adds a tensor in its resident form: entropy-coded where its family has codes and that is worth it.</summary>
    public void AddTensor(string name, WeightFormat format, int rows, int columns, byte[] resident)
    {
        if (worthCoding > 0 && Code(format, rows, columns, resident) is { } coded && TryAddCoded(coded, resident.Length))
        {
            _tensors.Add(new(name, format, rows, columns, _segments.Count - 1));
        }
        else
        {
            _tensors.Add(new(name, format, rows, columns, AddSegment(SegmentKind.Tensor, resident)));
        }
    }

    private static unsafe CodedSegment? Code(WeightFormat format, int rows, int columns, byte[] resident)
    {
        if (format.Family == WeightFamily.Grouped)
        {
            return GroupedCoder.Code(new(format, rows, columns), resident);
        }

        if (format.Family != WeightFamily.Tiled)
        {
            return null;
        }

        fixed (byte* data = resident)
        {
            var view = new TiledView("", data, resident.Length, rows, columns, format.States);
            var kinds = new ReadOnlySpan<byte>(view.Kinds, view.Groups * view.Blocks).ToArray();
            var codes = kinds.Sum(k => (long)TiledLayout.TileBytes(k & 15));
            return TiledCoder.Code(resident, (int)(resident.Length - codes), kinds, view.Blocks);
        }
    }

    private bool TryAddCoded(CodedSegment coded, long rawBytes)
    {
        var chunks = new byte[coded.RawBytes.Count][];
        Parallel.For(
            0, chunks.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i => chunks[i] = coded.Chunk(i, _tables.Count));
        if (chunks.Sum(c => (long)c.Length) >= rawBytes * worthCoding || _tables.Count + coded.Tables.Count > ushort.MaxValue)
        {
            return false;
        }

        _tables.AddRange(coded.Tables);
        Start();
        var (offset, rawOffset) = (_position, 0L);
        var entries = new PackChunk[chunks.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            entries[i] = Put(chunks[i], rawOffset, coded.RawBytes[i]);
            rawOffset += coded.RawBytes[i];
        }

        _segments.Add(new(SegmentKind.Tensor, SegmentCodec.Coded, offset, rawBytes, entries));
        return true;
    }

    /// <summary>Adds a segment and returns its index.</summary>
    public int AddSegment(SegmentKind kind, byte[] raw)
    {
        Start();
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
            chunks[i] = Put(codec == SegmentCodec.Stored ? Chunk(raw, i) : compressed[i], (long)i * PackFormat.ChunkBytes, Chunk(raw, i).Length);
        }

        _segments.Add(new(kind, codec, offset, raw.Length, chunks));
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

    private void Start()
    {
        if (_position < 0)
        {
            output.Write(new byte[PackFormat.HeaderBytes]);
            _position = PackFormat.HeaderBytes;
        }
    }

    private PackChunk Put(ReadOnlySpan<byte> stored, long rawOffset, int rawBytes)
    {
        output.Write(stored);
        var chunk = new PackChunk(_position, stored.Length, XxHash3.HashToUInt64(stored), rawOffset, rawBytes);
        _position += stored.Length;
        return chunk;
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
        writer.Write(_tables.Count);
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

        foreach (var frequency in _tables.SelectMany(t => t.Frequencies))
        {
            writer.Write(frequency);
        }

        foreach (var segment in _segments)
        {
            writer.Write((byte)segment.Kind);
            writer.Write((byte)segment.Codec);
            writer.Write(segment.Offset);
            writer.Write(segment.RawBytes);
            writer.Write(segment.Codec == SegmentCodec.Coded ? 0 : PackFormat.ChunkBytes);
            writer.Write(segment.Chunks.Length);
            foreach (var chunk in segment.Chunks)
            {
                writer.Write(chunk.StoredBytes);
                writer.Write(chunk.Hash);
                if (segment.Codec == SegmentCodec.Coded)
                {
                    writer.Write(chunk.RawBytes);
                }
            }
        }

        return stream.ToArray();
    }
}
