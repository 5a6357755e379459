namespace ModelPack.Formats;

/// <summary>
/// Layout of a pack (<c>.mpk</c>), version 3. Little-endian, alignment 1 throughout (resources have no more).
/// </summary>
/// <remarks>
/// <code>
/// header, 64 bytes
///   0  u32 magic "MPAK"      4  u32 version         8  u64 length of the pack
///  16  u64 directory offset 24  u64 directory bytes 32  16 bytes XXH3-128 of the directory (the pack's hash: it covers every segment through their chunk hashes)
///  48  zeros
/// directory
///   u32 tensors, u32 segments
///   tensor:  u16 name bytes, UTF-8 name, u8 family, u8 plain type, u8 code bits, u8 scale kind, u16 group columns, u8 minimum, u8 offset, u8 codebook,
///            i32 rows, i32 columns, u32 segment
///   segment: u8 kind, u8 codec, u64 offset, u64 raw bytes, u32 bytes of the prologue, u64 XXH3-64 of it, u32 chunks,
///            chunk: u32 stored bytes, u32 raw bytes, u64 XXH3-64 of the stored ones
/// segments, prologue and chunk after chunk
/// </code>
/// Every chunk decodes by itself (with what the segment's prologue says), so that threads share a tensor.
/// </remarks>
internal static class PackFormat
{
    public const uint Magic = 0x4B41_504D;
    public const uint Version = 5;
    public const int HeaderBytes = 64;
    public const int HashOffset = 32;
    public const int HashBytes = 16;

    /// <summary>Raw bytes of a chunk that the writer aims at.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Largest chunk a reader accepts.</summary>
    public const int MaxChunkBytes = 1 << 24;

    /// <summary>Most tensors or segments a reader accepts.</summary>
    public const int MaxEntries = 1 << 20;

    /// <summary>Largest raw size of a segment that a reader accepts, 64 GiB.</summary>
    public const long MaxSegmentBytes = 1L << 36;

    public const int MaxNameBytes = 1024;
}

/// <summary>What a segment holds.</summary>
internal enum SegmentKind : byte
{
    /// <summary>The resident form of a tensor.</summary>
    Tensor = 0,

    /// <summary>The tokenizer's tables.</summary>
    Tokenizer = 1,

    /// <summary>The chat template's text (kept for the chat issue).</summary>
    ChatTemplate = 2,

    /// <summary>Entropy tables that weights of the tiled family share (<see cref="Entropy.TiledTables"/>).</summary>
    Tables = 3,

    /// <summary>Columns that weights of the tiled family share (<see cref="Entropy.TiledColumns"/>).</summary>
    Columns = 4,
}

/// <summary>How a segment's chunks are stored.</summary>
internal enum SegmentCodec : byte
{
    /// <summary>As they are: used in place.</summary>
    Stored = 0,

    /// <summary>One Zstandard frame a chunk.</summary>
    Zstandard = 1,

    /// <summary>A weight of the grouped family, scales and codes by rANS (<see cref="Entropy.GroupedDecoder"/>).</summary>
    Grouped = 2,

    /// <summary>A weight of the tiled family by rANS (<see cref="Entropy.TiledDecoder"/>).</summary>
    Tiled = 3,

    /// <summary>A tokenizer's tables without what follows from the rest (<see cref="TokenizerDecoding"/>).</summary>
    Tokenizer = 4,
}

internal sealed record PackTensor(string Name, WeightFormat Format, int Rows, int Columns, int Segment);

/// <param name="Kind">What it holds.</param>
/// <param name="Codec">How.</param>
/// <param name="Offset">First stored byte in the pack.</param>
/// <param name="RawBytes">Bytes after decoding.</param>
/// <param name="Prologue">What the codec needs to know before any chunk; empty where it needs nothing. It decodes to nothing.</param>
/// <param name="Chunks">In order; their raw bytes follow one another.</param>
internal sealed record PackSegment(SegmentKind Kind, SegmentCodec Codec, long Offset, long RawBytes, PackChunk Prologue, PackChunk[] Chunks)
{
    public long StoredBytes => Prologue.StoredBytes + Chunks.Sum(c => (long)c.StoredBytes);
}

/// <param name="Offset">First stored byte in the pack.</param>
/// <param name="StoredBytes">Bytes stored.</param>
/// <param name="RawOffset">First byte in the segment's raw form.</param>
/// <param name="RawBytes">Bytes after decoding.</param>
/// <param name="Hash">XXH3-64 of the stored bytes.</param>
internal readonly record struct PackChunk(long Offset, int StoredBytes, long RawOffset, int RawBytes, ulong Hash);
