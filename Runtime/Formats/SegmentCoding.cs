using ModelPack.Entropy;
using ModelPack.Execution;
using ModelPack.Platform;
using ZstdSharp;

namespace ModelPack.Formats;

/// <summary>What segments' codecs need before their chunks: made once a segment, then shared by all threads. Tables and columns that several segments refer to are read once. Thread-safe.</summary>
/// <param name="pack">Stays mapped.</param>
/// <param name="bytes">Where its bytes come from; the caller's.</param>
/// <param name="expanded">Whether weights with trellis codes become scalar tiles (<see cref="TiledLayout"/>).</param>
internal sealed class SegmentCoding(Pack pack, StoredBytes bytes, bool expanded) : IDisposable
{
    private const int MaxSharedBytes = 1 << 28;

    private static readonly TokenizerDecoding s_tokenizer = new();

    private readonly Dictionary<int, object> _shared = [];
    private NativeBuffer? _buffer;
    private readonly Dictionary<PackSegment, SegmentDecoding> _prepared = new(ReferenceEqualityComparer.Instance);

    /// <summary>What a segment's chunks are decoded by, its prologue checked and read the first time; null for codecs without one.</summary>
    /// <exception cref="ModelPackException">MP5002: a checksum does not match, or what it is of makes no sense.</exception>
    public SegmentDecoding? Prepare(PackSegment segment)
    {
        if (segment.Codec == SegmentCodec.Tokenizer)
        {
            return s_tokenizer;
        }

        if (segment.Codec is not (SegmentCodec.Grouped or SegmentCodec.Tiled))
        {
            return null;
        }

        lock (_prepared)
        {
            if (!_prepared.TryGetValue(segment, out var decoding))
            {
                _prepared[segment] = decoding = Read(segment);
            }

            return decoding;
        }
    }

    private SegmentDecoding Read(PackSegment segment)
    {
        try
        {
            var prologue = Checked(segment.Prologue);
            if (segment.Codec == SegmentCodec.Grouped)
            {
                return GroupedDecoder.Prepare(prologue, segment.RawBytes);
            }

            // What it refers to is read into the same buffer.
            var own = prologue.ToArray();
            var (tables, columns) = TiledDecoder.References(own);
            return TiledDecoder.Prepare(
                own,
                segment.RawBytes,
                Shared(tables, SegmentKind.Tables, TiledTables.Read),
                Shared(columns, SegmentKind.Columns, TiledColumns.Read),
                expanded);
        }
        catch (CorruptStreamException e)
        {
            throw new ModelPackException(
                MpCodes.PackCorrupted, $"the prologue at byte {segment.Prologue.Offset} of the pack is damaged: {e.Message}. Copy the application again or rebuild it.");
        }
    }

    private T Shared<T>(int index, SegmentKind kind, Func<ReadOnlySpan<byte>, T> read)
        where T : class
    {
        lock (_shared)
        {
            if (_shared.GetValueOrDefault(index) is T known)
            {
                return known;
            }

            if ((uint)index >= (uint)pack.Segments.Count || pack.Segments[index].Kind != kind)
            {
                throw new CorruptStreamException($"it refers to segment {index}, which is no {kind}");
            }

            var made = read(Raw(pack.Segments[index]));
            _shared[index] = made;
            return made;
        }
    }

    private byte[] Raw(PackSegment segment)
    {
        if (segment.RawBytes > MaxSharedBytes)
        {
            throw new CorruptStreamException($"it refers to a segment of {segment.RawBytes} bytes");
        }

        var raw = new byte[segment.RawBytes];
        using var decompressor = new Decompressor();
        foreach (var chunk in segment.Chunks)
        {
            var stored = Checked(chunk);
            var to = raw.AsSpan((int)chunk.RawOffset, chunk.RawBytes);
            if (segment.Codec == SegmentCodec.Stored)
            {
                stored.CopyTo(to);
                continue;
            }

            try
            {
                ZstandardFrame.Decompress(decompressor, stored, to);
            }
            catch (CorruptStreamException e)
            {
                throw new CorruptStreamException($"of what it refers to, at byte {chunk.Offset}: {e.Message}");
            }
        }

        return raw;
    }

    /// <summary>Valid until the next call: who calls has the lock of <see cref="Prepare"/>.</summary>
    private ReadOnlySpan<byte> Checked(PackChunk chunk) =>
        // Read: mapped, each of these few bytes would bring in the pages around it.
        bytes.TryRead(chunk.Offset, chunk.StoredBytes, chunk.Hash, ref _buffer, out var stored)
            ? stored
            : throw new CorruptStreamException($"the checksum of {chunk.StoredBytes} bytes at {chunk.Offset} does not match");

    public void Dispose() => _buffer?.Dispose();
}
