using System.Buffers.Binary;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>
/// A chunk of a segment whose codes are entropy-coded (<see cref="SegmentCodec.Coded"/>); little-endian, no alignment.
/// </summary>
/// <remarks>
/// <code>
/// u8 mode
///   0  general bytes: a Zstandard frame follows
///   1  row groups of the grouped family: u8 code bits, u16 first table, u32 words, u32 bytes of the frame; u32 states[64]; u16 words[]; raw planes, unit after unit;
///      a Zstandard frame of: u8 (table − first table) of each quad of a row group, the scales (<see cref="ScaleStreams"/>)
///   2  row groups of the tiled family: u8 0, u16 first table, u32 words, u32 tiles; u32 states[64]; { u8 kind, u8 table − first table }[tiles]; u16 words[]; raw bytes, tile after tile
/// </code>
/// <para>Symbols are the codes, or their upper four bits; the lower ones are raw planes (<see cref="PlaneWriter"/>). A tile with table 255, and every trellis tile, is raw as a whole.
/// One step of the coder (64 symbols) is a quad; states and words run on through the chunk and must come out even.</para>
/// </remarks>
internal static class CodedChunk
{
    public const byte General = 0;
    public const byte Grouped = 1;
    public const byte Tiled = 2;

    /// <summary>The table of a tile that is stored as it is.</summary>
    public const byte RawTile = 255;

    /// <summary>Bytes in front of the states.</summary>
    public const int FixedBytes = 12;

    public const int StateBytes = RansStream.Lanes * sizeof(uint);
}

/// <summary>Where the parts of a chunk are; sizes are checked against its length.</summary>
internal readonly ref struct CodedChunkParts
{
    private CodedChunkParts(ReadOnlySpan<byte> chunk, int tileBytes, long words, long raw, long frame)
    {
        States = chunk.Slice(CodedChunk.FixedBytes, CodedChunk.StateBytes);
        Tiles = chunk.Slice(CodedChunk.FixedBytes + CodedChunk.StateBytes, tileBytes);
        WordsOffset = CodedChunk.FixedBytes + CodedChunk.StateBytes + tileBytes;
        WordCount = (uint)words;
        RawOffset = WordsOffset + (int)(2 * words);
        Frame = chunk[(RawOffset + (int)raw)..];
        IsValid = Frame.Length == frame;
    }

    public bool IsValid { get; }

    public ReadOnlySpan<byte> States { get; }

    /// <summary>{ kind, table } of each tile.</summary>
    public ReadOnlySpan<byte> Tiles { get; }

    public int WordsOffset { get; }

    public uint WordCount { get; }

    public int RawOffset { get; }

    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>The parts of a chunk of the grouped family; not valid where they do not fill it exactly.</summary>
    public static CodedChunkParts OfGrouped(ReadOnlySpan<byte> chunk, long rawBytes)
    {
        long words = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]), frame = BinaryPrimitives.ReadUInt32LittleEndian(chunk[8..]);
        return Fits(chunk, 0, words, rawBytes, frame) ? new(chunk, 0, words, rawBytes, frame) : default;
    }

    /// <summary>The same of the tiled family; how many raw bytes there are follows from the tiles.</summary>
    public static CodedChunkParts OfTiled(ReadOnlySpan<byte> chunk)
    {
        long words = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]), tiles = BinaryPrimitives.ReadUInt32LittleEndian(chunk[8..]);
        var raw = chunk.Length - CodedChunk.FixedBytes - CodedChunk.StateBytes - (2 * tiles) - (2 * words);
        return raw >= 0 && Fits(chunk, 2 * tiles, words, raw, 0) ? new(chunk, (int)(2 * tiles), words, raw, 0) : default;
    }

    private static bool Fits(ReadOnlySpan<byte> chunk, long tileBytes, long words, long raw, long frame) =>
        CodedChunk.FixedBytes + CodedChunk.StateBytes + tileBytes + (2 * words) + raw + frame == chunk.Length;
}
