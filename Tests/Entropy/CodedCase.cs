using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Quantize;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>A coded segment and how its prologue is read.</summary>
/// <param name="Segment">As a pack has it.</param>
/// <param name="Prepare">Prologue to decoder.</param>
internal sealed record CodedCase(CodedSegment Segment, Func<byte[], SegmentDecoding> Prepare)
{
    public int RawBytes => Segment.RawBytes.Sum();

    /// <summary>Bytes in memory: as many, or more where the segment is expanded.</summary>
    public long ResidentBytes => Prepare(Segment.Prologue).Place(0, RawBytes).Bytes;

    public byte[] Decode(KernelSet rung) => Decode(Segment, rung);

    /// <summary>Decodes a segment, chunk after chunk, each between pages that may not be touched: a byte read or written outside ends the process.</summary>
    public unsafe byte[] Decode(CodedSegment segment, KernelSet rung)
    {
        var decoder = Prepare(segment.Prologue);
        var resident = new byte[decoder.Place(0, RawBytes).Bytes];
        var at = 0;
        for (var c = 0; c < segment.Chunks.Length; c++)
        {
            var (offset, bytes) = decoder.Place(at, segment.RawBytes[c]);
            using var stored = new GuardedMemory(segment.Chunks[c].Length);
            using var target = new GuardedMemory((int)bytes);
            segment.Chunks[c].CopyTo(stored.Span);
            fixed (byte* to = target.Span)
            {
                decoder.Decode(stored.Span, to, target.Length, rung);
            }

            target.Span.CopyTo(resident.AsSpan((int)offset));
            at += segment.RawBytes[c];
        }

        return resident;
    }

    /// <summary>Tables for a matrix alone, its columns, and its segment: everything through bytes, as from a pack.</summary>
    public static CodedCase Of(TiledMatrix matrix, int threads = 2, TiledTableSet? shared = null, bool expanded = false)
    {
        var tables = shared ?? new TiledTableSet(matrix.States);
        if (shared is null)
        {
            tables.Count(matrix, new());
        }

        byte[] tableBytes = tables.ToBytes(), columnBytes = TiledSegmentEncoder.Columns(matrix);
        var segment = TiledSegmentEncoder.Encode(matrix, tables, 5, 6, new() { MaxDegreeOfParallelism = threads })!;
        return new(segment, prologue => TiledDecoder.Prepare(prologue, segment.RawBytes.Sum(), TiledTables.Read(tableBytes), TiledColumns.Read(columnBytes), expanded));
    }
}
