using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Tokenizers;
using ModelPack.Formats;
using ZstdSharp;

namespace ModelPack.Compiler.Packing;

/// <summary>
/// Writes a pack (<see cref="PackFormat"/>). Segments are compressed chunk by chunk on several threads and written in order, so the bytes do not depend on the number of threads.
/// </summary>
/// <param name="output">Readable and seekable.</param>
/// <param name="threads">To encode with; −1: all cores.</param>
/// <param name="cancellation">Ends the work; what was written is incomplete then.</param>
/// <param name="worthDecoding">General bytes are kept compressed where that leaves less than this part of them.</param>
/// <param name="worthCoding">The same of weights that have codes; 0: all are general bytes, mostly stored as they are, used in place, and nothing is decoded at start.</param>
internal sealed class PackWriter(
    Stream output, int threads, CancellationToken cancellation, double worthDecoding = PackWriter.WorthDecoding, double worthCoding = PackWriter.WorthCoding)
{
    /// <summary>Zstandard level: beyond it codes of quantised weights gain nothing and building takes longer.</summary>
    private const int Level = 9;

    /// <summary>A quarter of a megabyte or so: the best takes a moment.</summary>
    private const int TokenizerLevel = 19;

    /// <summary>Stored segments up to this size lie together behind the others: used where they are, each would else bring in 64 KiB of its neighbours.</summary>
    private const int SmallBytes = 1 << 16;

    /// <summary>Unless told otherwise, general bytes are compressed where that leaves less than this part of them; else they are used in place, from the executable's pages.</summary>
    public const double WorthDecoding = 0.9;

    /// <summary>The same for codes: entropy decoding writes more than a gigabyte of codes a second and core, so a few percent are worth it.</summary>
    public const double WorthCoding = 0.97;

    private readonly List<PackTensor> _tensors = [];
    private readonly List<PackSegment> _segments = [];
    private readonly Dictionary<(SegmentKind, UInt128), int> _shared = [];
    private readonly List<(int Segment, CodedSegment Coded)> _small = [];
    private long _position = -1;
    private long _smallBytes;

    /// <summary>Bytes added so far.</summary>
    public long Position => _position + _smallBytes;

    /// <summary>Adds a tensor in its resident form.</summary>
    public void AddTensor(string name, WeightFormat format, int rows, int columns, byte[] resident) =>
        _tensors.Add(new(name, format, rows, columns, AddTensorSegment(format, rows, columns, resident)));

    /// <summary>Adds a weight of the tiled family.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="matrix">The quantised matrix.</param>
    /// <param name="tables">That have counted it, and all others that share them.</param>
    /// <returns>Bytes of its resident form.</returns>
    public long AddTiled(string name, TiledMatrix matrix, TiledTableSet tables)
    {
        var format = TiledEncoder.Format(matrix);
        var coded = worthCoding > 0
            ? TiledSegmentEncoder.Encode(matrix, tables, Shared(SegmentKind.Tables, tables.ToBytes()), Shared(SegmentKind.Columns, TiledSegmentEncoder.Columns(matrix)), Options())
            : null;
        if (coded is null)
        {
            var resident = TiledEncoder.Encode(matrix);
            AddTensor(name, format, matrix.Rows, matrix.Columns, resident);
            return resident.LongLength;
        }

        var bytes = coded.RawBytes.Sum(b => (long)b);
        _tensors.Add(new(name, format, matrix.Rows, matrix.Columns, Write(SegmentKind.Tensor, SegmentCodec.Tiled, bytes, coded)));
        return bytes;
    }

    /// <summary>Adds a tokenizer's tables, without what follows from the rest.</summary>
    public void AddTokenizer(byte[] tables)
    {
        var compact = tables.Length <= PackFormat.MaxChunkBytes ? TokenizerCompactor.Compact(tables) : null;
        if (compact is null || compact.Length > tables.Length)
        {
            AddSegment(SegmentKind.Tokenizer, tables);
            return;
        }

        using var compressor = new Compressor(TokenizerLevel);
        var chunk = new byte[sizeof(int) + Compressor.GetCompressBound(compact.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(chunk, compact.Length);
        var length = sizeof(int) + compressor.Wrap(compact, chunk.AsSpan(sizeof(int)));
        Write(SegmentKind.Tokenizer, SegmentCodec.Tokenizer, tables.Length, new([], [chunk[..length]], [tables.Length]));
    }

    /// <summary>Adds a segment of general bytes and returns its index.</summary>
    public int AddSegment(SegmentKind kind, byte[] raw)
    {
        var count = ChunksOf(raw);
        var compressed = new byte[count][];
        Parallel.For(
            0,
            count,
            Options(),
            () => new Compressor(Level),
            (i, _, compressor) =>
            {
                compressed[i] = compressor.Wrap(Chunk(raw, i)).ToArray();
                return compressor;
            },
            compressor => compressor.Dispose());
        return compressed.Sum(c => (long)c.Length) < raw.Length * worthDecoding
            ? Write(kind, SegmentCodec.Zstandard, raw.Length, new([], compressed, RawBytes(raw)))
            : AddStored(kind, raw);
    }

    /// <summary>The segment of these bytes, which is written only once.</summary>
    private int Shared(SegmentKind kind, byte[] raw)
    {
        var key = (kind, XxHash128.HashToUInt128(raw));
        if (!_shared.TryGetValue(key, out var segment))
        {
            _shared[key] = segment = AddSegment(kind, raw);
        }

        return segment;
    }

    private int AddTensorSegment(WeightFormat format, int rows, int columns, byte[] resident)
    {
        var coded = worthCoding > 0 && format.Family == WeightFamily.Grouped ? GroupedEncoder.Encode(resident, new(format, rows, columns), Options()) : null;
        return coded is not null && coded.StoredBytes < resident.Length * worthCoding ? Write(SegmentKind.Tensor, SegmentCodec.Grouped, resident.Length, coded)
            : coded is not null ? AddStored(SegmentKind.Tensor, resident)
            : AddSegment(SegmentKind.Tensor, resident);
    }

    private int AddStored(SegmentKind kind, byte[] raw) => Write(
        kind, SegmentCodec.Stored, raw.Length, new([], [.. Enumerable.Range(0, ChunksOf(raw)).Select(i => Chunk(raw, i).ToArray())], RawBytes(raw)));

    private int Write(SegmentKind kind, SegmentCodec codec, long rawBytes, CodedSegment coded)
    {
        if (_position < 0)
        {
            output.Write(new byte[PackFormat.HeaderBytes]);
            _position = PackFormat.HeaderBytes;
        }

        if (codec == SegmentCodec.Stored && rawBytes <= SmallBytes)
        {
            _smallBytes += rawBytes;
            _segments.Add(new(kind, codec, 0, rawBytes, default, []));
            _small.Add((_segments.Count - 1, coded));
            return _segments.Count - 1;
        }

        _segments.Add(Put(kind, codec, rawBytes, coded));
        return _segments.Count - 1;
    }

    private PackSegment Put(SegmentKind kind, SegmentCodec codec, long rawBytes, CodedSegment coded)
    {
        var offset = _position;
        var prologue = Put(coded.Prologue, 0, 0);
        var chunks = new PackChunk[coded.Chunks.Length];
        long raw = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = Put(coded.Chunks[i], raw, coded.RawBytes[i]);
            raw += coded.RawBytes[i];
        }

        return new(kind, codec, offset, rawBytes, prologue, chunks);
    }

    private PackChunk Put(ReadOnlySpan<byte> stored, long rawOffset, int rawBytes)
    {
        output.Write(stored);
        var chunk = new PackChunk(_position, stored.Length, rawOffset, rawBytes, XxHash3.HashToUInt64(stored));
        _position += stored.Length;
        return chunk;
    }

    private ParallelOptions Options() => new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };

    /// <summary>Writes directory and header; returns the pack's hash in hex.</summary>
    public string Finish()
    {
        foreach (var (index, coded) in _small)
        {
            var segment = _segments[index];
            _segments[index] = Put(segment.Kind, segment.Codec, segment.RawBytes, coded);
        }

        _small.Clear();
        _smallBytes = 0;
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

    private static int ChunksOf(byte[] raw) => (raw.Length + PackFormat.ChunkBytes - 1) / PackFormat.ChunkBytes;

    private static int[] RawBytes(byte[] raw) => [.. Enumerable.Range(0, ChunksOf(raw)).Select(i => Chunk(raw, i).Length)];

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
            writer.Write(segment.Prologue.StoredBytes);
            writer.Write(segment.Prologue.Hash);
            writer.Write(segment.Chunks.Length);
            foreach (var chunk in segment.Chunks)
            {
                writer.Write(chunk.StoredBytes);
                writer.Write(chunk.RawBytes);
                writer.Write(chunk.Hash);
            }
        }

        return stream.ToArray();
    }
}
