using ModelPack.Compiler.Packing;
using ModelPack.Entropy;
using ModelPack.Formats;
using ZstdSharp;

namespace ModelPack.Compiler.Entropy;

/// <summary>
/// Codes the resident form of the tiled family: everything in front of the codes as general bytes, then row groups, each tile with the table of its class
/// (<see cref="CodedChunk"/>, modes 0 and 2). Tiles whose symbols are distributed alike share a table.
/// </summary>
internal static unsafe class TiledCoder
{
    /// <summary>Tables a tensor may have.</summary>
    private const int MaxTables = 24;

    /// <param name="resident">Resident bytes.</param>
    /// <param name="codesOffset">Where the codes begin.</param>
    /// <param name="kinds">[groups, blocks] of the tiles.</param>
    /// <param name="blocks">Tiles in a row group.</param>
    public static CodedSegment Code(byte[] resident, int codesOffset, byte[] kinds, int blocks)
    {
        var offsets = new long[kinds.Length + 1];
        offsets[0] = codesOffset;
        for (var t = 0; t < kinds.Length; t++)
        {
            offsets[t + 1] = offsets[t] + TiledLayout.TileBytes(kinds[t] & 15);
        }

        var (tables, tileTables) = Tables(resident, offsets, kinds);
        var groupsPerChunk = Math.Max(1, CodedSegment.ChunkCodes / (TiledLayout.GroupRows * TiledLayout.BlockColumns * blocks));
        var tilesPerChunk = groupsPerChunk * blocks;
        var chunks = (kinds.Length + tilesPerChunk - 1) / tilesPerChunk;
        int Last(int c) => Math.Min((c + 1) * tilesPerChunk, kinds.Length);
        return new(
            tables,
            [codesOffset, .. Enumerable.Range(0, chunks).Select(c => checked((int)(offsets[Last(c)] - offsets[c * tilesPerChunk])))],
            (chunk, firstTable) => chunk == 0 ? Head(resident, codesOffset) : Chunk(resident, offsets, kinds, tileTables, tables, (chunk - 1) * tilesPerChunk, Last(chunk - 1), firstTable));
    }

    private static byte[] Head(byte[] resident, int bytes)
    {
        using var compressor = new Compressor(PackWriter.Level);
        return [CodedChunk.General, .. compressor.Wrap(resident.AsSpan(0, bytes))];
    }

    /// <summary>Classes of tiles by width and spread of the symbols, in quarter octaves of their mean absolute deviation; a table for each.</summary>
    private static (List<RansTable> Tables, byte[] OfTile) Tables(byte[] resident, long[] offsets, byte[] kinds)
    {
        var classes = new SortedDictionary<(int Width, int Class), (long[] Counts, List<int> Tiles)>();
        var symbols = new byte[UnitSymbols.Codes];
        var ofTile = new byte[kinds.Length];
        fixed (byte* p = resident)
        {
            for (var t = 0; t < kinds.Length; t++)
            {
                ofTile[t] = CodedChunk.RawTile;
                if ((kinds[t] & TiledLayout.Trellis) != 0)
                {
                    continue;
                }

                var width = kinds[t] & 15;
                var counts = new long[RansTable.Symbols];
                for (var u = 0; u < 8; u++)
                {
                    UnitSymbols.Split(p + offsets[t] + (64 * width * u), width, symbols, Stream.Null);
                    foreach (var symbol in symbols)
                    {
                        counts[symbol]++;
                    }
                }

                var key = (width, Spread.Class(counts, width));
                if (!classes.TryGetValue(key, out var entry))
                {
                    classes.Add(key, entry = (new long[RansTable.Symbols], []));
                }

                for (var s = 0; s < counts.Length; s++)
                {
                    entry.Counts[s] += counts[s];
                }

                entry.Tiles.Add(t);
            }
        }

        var tables = new List<RansTable>();
        foreach (var (counts, tiles) in classes.Values.OrderByDescending(c => c.Tiles.Count))
        {
            if (tables.Count == MaxTables)
            {
                break;
            }

            foreach (var t in tiles)
            {
                ofTile[t] = (byte)tables.Count;
            }

            tables.Add(new(Frequencies.Of(counts)));
        }

        return (tables, ofTile);
    }

    private static byte[] Chunk(byte[] resident, long[] offsets, byte[] kinds, byte[] tileTables, IReadOnlyList<RansTable> tables, int firstTile, int endTile, int firstTable)
    {
        var stream = new SymbolStream();
        var raw = new MemoryStream();
        var tiles = new MemoryStream();
        fixed (byte* p = resident)
        {
            for (var t = firstTile; t < endTile; t++)
            {
                var width = kinds[t] & 15;
                tiles.WriteByte(kinds[t]);
                if (tileTables[t] == CodedChunk.RawTile)
                {
                    tiles.WriteByte(CodedChunk.RawTile);
                    raw.Write(new ReadOnlySpan<byte>(p + offsets[t], TiledLayout.TileBytes(width)));
                    continue;
                }

                tiles.WriteByte(tileTables[t]);
                byte[] unitTables = [.. Enumerable.Repeat(tileTables[t], GroupedLayout.QuadsPerUnit)];
                for (var u = 0; u < 8; u++)
                {
                    var symbols = new byte[UnitSymbols.Codes];
                    UnitSymbols.Split(p + offsets[t] + (64 * width * u), width, symbols, raw);
                    stream.Add(unitTables, symbols);
                }
            }
        }

        var (states, words) = stream.Encode(tables);
        var chunk = new MemoryStream();
        using var writer = new BinaryWriter(chunk);
        writer.Write(CodedChunk.Tiled);
        writer.Write((byte)0);
        writer.Write(checked((ushort)firstTable));
        writer.Write(words.Length / 2);
        writer.Write(endTile - firstTile);
        writer.Write(states);
        tiles.WriteTo(chunk);
        writer.Write(words);
        raw.WriteTo(chunk);
        return chunk.ToArray();
    }
}
