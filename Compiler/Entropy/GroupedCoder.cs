using ModelPack.Compiler.Packing;
using ModelPack.Entropy;
using ModelPack.Formats;
using ZstdSharp;

namespace ModelPack.Compiler.Entropy;

/// <summary>Codes the resident form of the grouped family: one table a tensor, or several by class of columns; scales apart (<see cref="CodedChunk"/>, mode 1).</summary>
internal static unsafe class GroupedCoder
{
    /// <summary>From so many codes on, wide ones get a table for each class of columns (blocks of an embedding have columns of their own scale, which costs 1% of it with one table).</summary>
    private const long ManyCodes = 1 << 20;

    public static CodedSegment Code(GroupedLayout layout, byte[] resident)
    {
        var perChunk = Math.Max(1, CodedSegment.ChunkCodes / (GroupedLayout.RowGroupRows * Math.Max(layout.Columns, 1)));
        var chunks = (layout.RowGroups + perChunk - 1) / perChunk;
        var (tables, ofQuad) = Tables(layout, Count(layout, resident));
        return new(
            tables,
            [.. Enumerable.Range(0, chunks).Select(c => checked((int)(Math.Min(perChunk, layout.RowGroups - (c * perChunk)) * layout.RowGroupBytes)))],
            (chunk, firstTable) => Chunk(layout, resident, chunk * perChunk, Math.Min(perChunk, layout.RowGroups - (chunk * perChunk)), tables, ofQuad, firstTable));
    }

    /// <summary>[quads of a row, 16] counts of symbols.</summary>
    private static long[][] Count(GroupedLayout layout, byte[] resident)
    {
        var counts = new long[layout.Units * GroupedLayout.QuadsPerUnit][];
        for (var q = 0; q < counts.Length; q++)
        {
            counts[q] = new long[RansTable.Symbols];
        }

        var symbols = new byte[UnitSymbols.Codes];
        fixed (byte* p = resident)
        {
            for (var g = 0; g < layout.RowGroups; g++)
            {
                var at = p + (g * layout.RowGroupBytes);
                for (var u = 0; u < layout.Units; u++)
                {
                    at += layout.HeaderBytes(u);
                    UnitSymbols.Split(at, layout.Format.CodeBits, symbols, Stream.Null);
                    for (var i = 0; i < symbols.Length; i++)
                    {
                        counts[(u * GroupedLayout.QuadsPerUnit) + (i / GroupedLayout.QuadBytes)][symbols[i]]++;
                    }

                    at += layout.CodeBytes;
                }
            }
        }

        return counts;
    }

    private static (List<RansTable> Tables, byte[] OfQuad) Tables(GroupedLayout layout, long[][] counts)
    {
        var bits = layout.Format.CodeBits;
        var isMany = bits > 4 && (long)layout.Rows * layout.Columns >= ManyCodes;
        var tables = new List<RansTable>();
        var ofQuad = new byte[counts.Length];
        foreach (var quads in Enumerable.Range(0, counts.Length).GroupBy(q => isMany ? Spread.Class(counts[q], bits) : 0).OrderBy(g => g.Key))
        {
            var sum = new long[RansTable.Symbols];
            foreach (var q in quads)
            {
                ofQuad[q] = checked((byte)tables.Count);
                for (var s = 0; s < sum.Length; s++)
                {
                    sum[s] += counts[q][s];
                }
            }

            tables.Add(new(Frequencies.Of(sum)));
        }

        return (tables, ofQuad);
    }

    private static byte[] Chunk(GroupedLayout layout, byte[] resident, int firstGroup, int groups, List<RansTable> tables, byte[] ofQuad, int firstTable)
    {
        var stream = new SymbolStream();
        var raw = new MemoryStream();
        byte[] scales;
        fixed (byte* p = resident)
        {
            var first = p + (firstGroup * layout.RowGroupBytes);
            for (var g = 0; g < groups; g++)
            {
                var at = first + (g * layout.RowGroupBytes);
                for (var u = 0; u < layout.Units; u++)
                {
                    at += layout.HeaderBytes(u);
                    var symbols = new byte[UnitSymbols.Codes];
                    UnitSymbols.Split(at, layout.Format.CodeBits, symbols, raw);
                    stream.Add(ofQuad[(u * GroupedLayout.QuadsPerUnit)..((u + 1) * GroupedLayout.QuadsPerUnit)], symbols);
                    at += layout.CodeBytes;
                }
            }

            scales = ScaleStreams.Split(layout, first, groups);
        }

        var (states, words) = stream.Encode(tables);
        using var compressor = new Compressor(PackWriter.ScaleLevel);
        var frame = compressor.Wrap([.. ofQuad, .. scales]);
        var chunk = new MemoryStream();
        using var writer = new BinaryWriter(chunk);
        writer.Write(CodedChunk.Grouped);
        writer.Write(layout.Format.CodeBits);
        writer.Write(checked((ushort)firstTable));
        writer.Write(words.Length / 2);
        writer.Write(frame.Length);
        writer.Write(states);
        writer.Write(words);
        raw.WriteTo(chunk);
        writer.Write(frame);
        return chunk.ToArray();
    }
}
