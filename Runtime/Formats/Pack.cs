using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ModelPack.Kernels;

namespace ModelPack.Formats;

/// <summary>
/// A pack, read in place from memory that stays mapped: every offset and size in it has been checked against its length before anything else uses it.
/// </summary>
internal sealed unsafe class Pack
{
    private readonly byte* _data;

    private Pack(byte* data, long length, string hash, PackTensor[] tensors, PackSegment[] segments)
    {
        _data = data;
        Length = length;
        Hash = hash;
        Tensors = tensors;
        Segments = segments;
    }

    public long Length { get; }

    /// <summary>XXH3-128 of the directory, in hex.</summary>
    public string Hash { get; }

    public IReadOnlyList<PackTensor> Tensors { get; }

    public IReadOnlyList<PackSegment> Segments { get; }

    public byte* Data => _data;

    /// <summary>Checks header and directory; the segments' own bytes are checked as they are decoded.</summary>
    /// <param name="data">Must stay valid and unchanged while the pack is in use.</param>
    /// <param name="length">Bytes at <paramref name="data"/>.</param>
    /// <param name="place">What to call the pack in messages.</param>
    /// <exception cref="ModelPackException">MP5001, MP5002 or MP5004.</exception>
    public static Pack Open(byte* data, long length, string place)
    {
        if (length < PackFormat.HeaderBytes)
        {
            throw Malformed(place, $"it has {length} bytes, a header alone has {PackFormat.HeaderBytes}");
        }

        var header = new ReadOnlySpan<byte>(data, PackFormat.HeaderBytes);
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (magic != PackFormat.Magic)
        {
            throw Malformed(place, $"it begins with 0x{magic:X8} instead of 'MPAK'");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (version != PackFormat.Version)
        {
            throw new ModelPackException(
                MpCodes.PackVersion,
                $"{place} has pack version {version}; this runtime reads version {PackFormat.Version}. Use the same version of ModelPack and ModelPack.Runtime, and rebuild.");
        }

        var claimed = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        if (claimed != (ulong)length)
        {
            throw Malformed(place, $"its header says {claimed} bytes, there are {length}: it is cut short or has something behind it");
        }

        var offset = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        if (offset < PackFormat.HeaderBytes || offset > (ulong)length || bytes > (ulong)length - offset || bytes > int.MaxValue)
        {
            throw Malformed(place, $"its directory (offset {offset}, {bytes} bytes) lies outside its {length} bytes");
        }

        var directory = new ReadOnlySpan<byte>(data + offset, (int)bytes);
        Span<byte> hash = stackalloc byte[PackFormat.HashBytes];
        XxHash128.Hash(directory, hash);
        if (!hash.SequenceEqual(header.Slice(PackFormat.HashOffset, PackFormat.HashBytes)))
        {
            throw new ModelPackException(MpCodes.PackCorrupted, $"{place}: the directory's checksum does not match its bytes. The file was damaged; rebuild the application.");
        }

        var reader = new PackDirectoryReader(directory, length, place);
        reader.Read(out var tensors, out var segments);
        return new(data, length, Convert.ToHexStringLower(hash), tensors, segments);
    }

    /// <summary>The only segment of a kind, or null.</summary>
    public PackSegment? Find(SegmentKind kind)
    {
        foreach (var segment in Segments)
        {
            if (segment.Kind == kind)
            {
                return segment;
            }
        }

        return null;
    }

    internal static ModelPackException Malformed(string place, string what) =>
        new(MpCodes.PackMalformed, $"{place} is not a usable pack: {what}. Rebuild the application.");
}

/// <summary>Reads a pack's directory; everything in it is bounded by the pack's length.</summary>
internal ref struct PackDirectoryReader(ReadOnlySpan<byte> bytes, long packLength, string place)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public void Read(out PackTensor[] tensors, out PackSegment[] segments)
    {
        var tensorCount = Count("tensors", 23);
        var segmentCount = Count("segments", 34);
        tensors = new PackTensor[tensorCount];
        for (var i = 0; i < tensorCount; i++)
        {
            tensors[i] = Tensor(segmentCount);
        }

        segments = new PackSegment[segmentCount];
        for (var i = 0; i < segmentCount; i++)
        {
            segments[i] = Segment(i);
        }

        foreach (var tensor in tensors)
        {
            var kernel = KernelTable.Find(tensor.Format)
                ?? throw Pack.Malformed(place, $"tensor '{tensor.Name}' has format '{tensor.Format}', for which this runtime has no kernels");
            var segment = segments[tensor.Segment];
            if (segment.Kind != SegmentKind.Tensor || !kernel.IsPossible(tensor.Rows, tensor.Columns, segment.RawBytes))
            {
                throw Pack.Malformed(place, $"tensor '{tensor.Name}' [{tensor.Rows}, {tensor.Columns}] {tensor.Format} does not take the {segment.RawBytes} bytes that its segment holds");
            }
        }

        if (_at != _bytes.Length)
        {
            throw Pack.Malformed(place, $"its directory has {_bytes.Length - _at} bytes too many");
        }
    }

    private int Count(string what, int minimumBytes)
    {
        var count = U32();
        if (count > PackFormat.MaxEntries || (long)count * minimumBytes > _bytes.Length)
        {
            throw Pack.Malformed(place, $"its directory of {_bytes.Length} bytes claims {count} {what}");
        }

        return (int)count;
    }

    private PackTensor Tensor(int segments)
    {
        var nameBytes = U16();
        if (nameBytes is 0 or > PackFormat.MaxNameBytes)
        {
            throw Pack.Malformed(place, $"a tensor's name has {nameBytes} bytes");
        }

        var name = Encoding.UTF8.GetString(Take(nameBytes));
        byte family = U8(), plain = U8(), codeBits = U8(), scale = U8();
        var groupColumns = U16();
        byte minimum = U8(), offset = U8(), codebook = U8();
        var format = (WeightFamily)family == WeightFamily.Plain
            ? WeightFormat.PlainOf((PlainType)plain)
            : new((WeightFamily)family, (PlainType)plain, codeBits, groupColumns, (ScaleKind)scale, minimum != 0, offset, (CodebookId)codebook);
        int rows = unchecked((int)U32()), columns = unchecked((int)U32());
        var segment = U32();
        if (rows <= 0 || columns <= 0 || (long)rows * columns > PackFormat.MaxSegmentBytes || segment >= segments)
        {
            throw Pack.Malformed(place, $"tensor '{name}' has shape [{rows}, {columns}] and segment {segment} of {segments}");
        }

        return new(name, format, rows, columns, (int)segment);
    }

    private PackSegment Segment(int index)
    {
        byte kind = U8(), codec = U8();
        ulong offset = U64(), raw = U64();
        uint prologueBytes = U32();
        var prologueHash = U64();
        var count = U32();
        if (kind > (byte)SegmentKind.Columns || codec > (byte)SegmentCodec.Tokenizer || raw > PackFormat.MaxSegmentBytes || prologueBytes > PackFormat.MaxChunkBytes
            || (prologueBytes != 0 && (SegmentCodec)codec is not (SegmentCodec.Grouped or SegmentCodec.Tiled))
            || ((SegmentCodec)codec == SegmentCodec.Tokenizer && ((SegmentKind)kind != SegmentKind.Tokenizer || count != 1))
            || ((SegmentKind)kind != SegmentKind.Tensor && (SegmentCodec)codec is SegmentCodec.Grouped or SegmentCodec.Tiled) || (ulong)count * 16 > (ulong)(_bytes.Length - _at))
        {
            throw Pack.Malformed(place, $"segment {index} (kind {kind}, codec {codec}, {raw} bytes in {count} chunks, prologue of {prologueBytes}) makes no sense");
        }

        var at = offset;
        var prologue = Place(ref at, "the prologue", index, prologueBytes, 0, 0, prologueHash);
        var chunks = new PackChunk[count];
        ulong rawAt = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            uint stored = U32(), rawOf = U32();
            if (rawOf is 0 or > PackFormat.MaxChunkBytes || rawOf > raw - rawAt || ((SegmentCodec)codec == SegmentCodec.Stored && stored != rawOf))
            {
                throw Pack.Malformed(place, $"chunk {i} of segment {index} (codec {codec}, {raw} bytes) has {stored} bytes for {rawOf} at {rawAt}");
            }

            chunks[i] = Place(ref at, $"chunk {i}", index, stored, rawAt, rawOf, U64());
            rawAt += rawOf;
        }

        return rawAt == raw
            ? new((SegmentKind)kind, (SegmentCodec)codec, (long)offset, (long)raw, prologue, chunks)
            : throw Pack.Malformed(place, $"the chunks of segment {index} hold {rawAt} of its {raw} bytes");
    }

    private readonly PackChunk Place(ref ulong at, string what, int segment, uint stored, ulong rawAt, uint raw, ulong hash)
    {
        if (at > (ulong)packLength || stored > (ulong)packLength - at)
        {
            throw Pack.Malformed(place, $"{what} of segment {segment} ({stored} bytes at {at}) lies outside its {packLength} bytes");
        }

        var chunk = new PackChunk((long)at, (int)stored, (long)rawAt, (int)raw, hash);
        at += stored;
        return chunk;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
        {
            throw Pack.Malformed(place, $"its directory ends at byte {_bytes.Length} in the middle of an entry");
        }

        var span = _bytes.Slice(_at, count);
        _at += count;
        return span;
    }

    private byte U8() => Take(1)[0];

    private ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    private uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
}
