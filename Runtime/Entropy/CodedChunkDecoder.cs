using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Entropy;

/// <summary>Decodes chunks of <see cref="SegmentCodec.Coded"/> segments into the resident form. Whatever a chunk holds, nothing is read or written outside what was given.</summary>
internal static unsafe class CodedChunkDecoder
{
    /// <param name="chunk">Stored bytes; their hash has been checked.</param>
    /// <param name="raw">Where the chunk's raw bytes go.</param>
    /// <param name="tensor">The tensor they belong to.</param>
    /// <param name="tables">The pack's.</param>
    /// <param name="kernels">Rung.</param>
    /// <param name="scratch">For general bytes and scales.</param>
    /// <returns>null, or what is wrong with the chunk.</returns>
    public static string? Decode(ReadOnlySpan<byte> chunk, Span<byte> raw, PackTensor tensor, IReadOnlyList<RansTable> tables, KernelSet kernels, DecoderScratch scratch)
    {
        if (chunk.Length > 0 && chunk[0] == CodedChunk.General)
        {
            return scratch.Decompress(chunk[1..], raw);
        }

        if (chunk.Length < CodedChunk.FixedBytes + CodedChunk.StateBytes)
        {
            return $"it has {chunk.Length} bytes, fewer than its states alone";
        }

        return (chunk[0], tensor.Format.Family) switch
        {
            (CodedChunk.Grouped, WeightFamily.Grouped) => Grouped(chunk, raw, tensor, tables, kernels, scratch),
            (CodedChunk.Tiled, WeightFamily.Tiled) => Tiled(chunk, raw, tables, kernels),
            _ => $"it has mode {chunk[0]}, which a tensor in {tensor.Format} cannot have",
        };
    }

    [SkipLocalsInit]
    private static string? Grouped(ReadOnlySpan<byte> chunk, Span<byte> raw, PackTensor tensor, IReadOnlyList<RansTable> tables, KernelSet kernels, DecoderScratch scratch)
    {
        var layout = new GroupedLayout(tensor.Format, tensor.Rows, tensor.Columns);
        int bits = chunk[1], firstTable = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
        var groups = (int)(raw.Length / layout.RowGroupBytes);
        if (bits != tensor.Format.CodeBits || groups * layout.RowGroupBytes != raw.Length)
        {
            return $"{bits} bits and {raw.Length} bytes do not suit {tensor.Format}";
        }

        int rawPlanes = PlaneWriter.RawBytes(bits), units = groups * layout.Units, quads = layout.Units * GroupedLayout.QuadsPerUnit;
        var parts = CodedChunkParts.OfGrouped(chunk, (long)units * rawPlanes);
        if (!parts.IsValid)
        {
            return "its parts do not add up to its length";
        }

        var frame = scratch.Streams(quads + (ScaleStreams.BytesPerGroup(layout) * groups));
        if (scratch.Decompress(parts.Frame, frame) is { } damage)
        {
            return damage;
        }

        foreach (var table in frame[..quads])
        {
            if (firstTable + table >= tables.Count)
            {
                return $"it has table {firstTable + table} of {tables.Count}";
            }
        }

        var tail = stackalloc byte[WordReader.TailBytes];
        var states = stackalloc uint[RansStream.Lanes];
        var unitTables = stackalloc uint*[GroupedLayout.QuadsPerUnit];
        parts.States.CopyTo(new(states, CodedChunk.StateBytes));
        fixed (byte* stored = chunk, to = raw)
        {
            var words = new WordReader((ushort*)(stored + parts.WordsOffset), parts.WordCount, stored + chunk.Length, tail);
            var planes = stored + parts.RawOffset;
            var p = to;
            for (var u = 0; u < units; u++)
            {
                if (!words.Prepare())
                {
                    return "its codes end early";
                }

                var unit = u % layout.Units;
                for (var q = 0; q < GroupedLayout.QuadsPerUnit; q++)
                {
                    unitTables[q] = tables[firstTable + frame[(unit * GroupedLayout.QuadsPerUnit) + q]].Address;
                }

                p += layout.HeaderBytes(unit);
                UnitDecoder.Decode(kernels, unitTables, states, ref words, planes, bits, p);
                planes += rawPlanes;
                p += layout.CodeBytes;
            }

            ScaleStreams.Merge(layout, frame[quads..], to, groups);
            return Uneven(words, states);
        }
    }

    [SkipLocalsInit]
    private static string? Tiled(ReadOnlySpan<byte> chunk, Span<byte> raw, IReadOnlyList<RansTable> tables, KernelSet kernels)
    {
        var parts = CodedChunkParts.OfTiled(chunk);
        int firstTable = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
        if (!parts.IsValid)
        {
            return "its parts do not add up to its length";
        }

        if (CheckTiles(parts.Tiles, raw.Length, chunk.Length - parts.RawOffset, tables.Count - firstTable) is { } wrong)
        {
            return wrong;
        }

        var tail = stackalloc byte[WordReader.TailBytes];
        var states = stackalloc uint[RansStream.Lanes];
        var unitTables = stackalloc uint*[GroupedLayout.QuadsPerUnit];
        parts.States.CopyTo(new(states, CodedChunk.StateBytes));
        fixed (byte* stored = chunk, to = raw)
        {
            var words = new WordReader((ushort*)(stored + parts.WordsOffset), parts.WordCount, stored + chunk.Length, tail);
            byte* planes = stored + parts.RawOffset, p = to;
            for (var t = 0; t < parts.Tiles.Length; t += 2)
            {
                var (width, table) = (parts.Tiles[t] & 15, parts.Tiles[t + 1]);
                if (table == CodedChunk.RawTile)
                {
                    new ReadOnlySpan<byte>(planes, TiledLayout.TileBytes(width)).CopyTo(new(p, TiledLayout.TileBytes(width)));
                    planes += TiledLayout.TileBytes(width);
                    p += TiledLayout.TileBytes(width);
                    continue;
                }

                new Span<nint>(unitTables, GroupedLayout.QuadsPerUnit).Fill((nint)tables[firstTable + table].Address);
                for (var u = 0; u < 8; u++)
                {
                    if (!words.Prepare())
                    {
                        return "its codes end early";
                    }

                    UnitDecoder.Decode(kernels, unitTables, states, ref words, planes, width, p);
                    planes += PlaneWriter.RawBytes(width);
                    p += 64 * width;
                }
            }

            return Uneven(words, states);
        }
    }

    /// <summary>Widths and tables exist, and tiles take exactly the bytes there are.</summary>
    private static string? CheckTiles(ReadOnlySpan<byte> tiles, long resident, long stored, int tables)
    {
        for (var t = 0; t < tiles.Length; t += 2)
        {
            int width = tiles[t] & 15, table = tiles[t + 1];
            var isRaw = table == CodedChunk.RawTile;
            if (width is < 2 or > 8 || (tiles[t] & 0x70) != 0 || ((tiles[t] & TiledLayout.Trellis) != 0 && !isRaw) || (!isRaw && table >= tables))
            {
                return $"tile {t / 2} has kind {tiles[t]} and table {table}";
            }

            resident -= TiledLayout.TileBytes(width);
            stored -= isRaw ? TiledLayout.TileBytes(width) : 8 * PlaneWriter.RawBytes(width);
        }

        return resident == 0 && stored == 0 ? null : "its tiles do not add up to its length";
    }

    private static string? Uneven(in WordReader words, uint* states)
    {
        var even = words.IsAtEnd;
        for (var i = 0; i < RansStream.Lanes; i++)
        {
            even &= states[i] == RansStream.Low;
        }

        return even ? null : "its codes do not come out even";
    }
}
