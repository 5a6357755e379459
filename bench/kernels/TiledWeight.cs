using System.Runtime.InteropServices;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Bench;

/// <summary>
/// A weight of the tiled family whose tiles all have one width, rows in order, columns in any. Any bits of the planes are valid codes, of scalar tiles and of
/// trellises, so one row group is random and the others are its copies.
/// </summary>
internal sealed unsafe class TiledWeight(MatrixKernel kernel, int width, int escapesPerTile) : BenchWeight(kernel)
{
    private const int Codes = TiledLayout.GroupRows * TiledLayout.BlockColumns;

    public override string Name =>
        $"{Kernel.Format} {width} bits{(escapesPerTile == 0 ? "" : $", {(100.0 * escapesPerTile / Codes).ToString(".00", System.Globalization.CultureInfo.InvariantCulture)}% escapes")}";

    public override int PieceRows => TiledLayout.GroupRows;

    public override long Bytes(int rows, int columns) => Header(rows, columns) + (Tiles(rows, columns) * TiledLayout.TileBytes(width));

    public override void Fill(byte* to, int rows, int columns)
    {
        var random = new Random(3);
        int groups = TiledLayout.Groups(rows), blocks = TiledLayout.Blocks(columns);
        int[] order = [.. Enumerable.Range(0, columns)];
        random.Shuffle(order);
        var at = Columns(to, order, blocks * TiledLayout.BlockColumns);
        for (var i = 0; i < rows; i++)
        {
            ((int*)at)[i] = i;
        }

        at += 4 * (long)rows;
        new Span<float>(at, rows).Fill(0.01f);
        at += 4 * (long)rows;
        var tiles = Tiles(rows, columns);
        NativeMemory.Fill(at, (nuint)tiles, (byte)(width | (Kernel.Format.States == 1 ? 0 : TiledLayout.Trellis)));
        Escapes(at + TiledLayout.Padded(tiles), tiles, random);

        var codes = to + Header(rows, columns);
        var group = blocks * TiledLayout.TileBytes(width);
        random.NextBytes(new Span<byte>(codes, group));
        Repeat(codes, group, (long)groups * group);
    }

    private static long Tiles(int rows, int columns) => (long)TiledLayout.Groups(rows) * TiledLayout.Blocks(columns);

    private long Header(int rows, int columns) => TiledLayout.HeaderBytes(rows, columns, escapesPerTile * Tiles(rows, columns));

    /// <summary>Column order and scales.</summary>
    private static byte* Columns(byte* to, int[] order, int padded)
    {
        for (var i = 0; i < padded; i++)
        {
            ((int*)to)[i] = i < order.Length ? order[i] : -1;
            ((float*)to)[padded + i] = i < order.Length ? 0.5f + (i % 16 / 16f) : 0f;
        }

        return to + (8 * (long)padded);
    }

    private void Escapes(byte* to, long tiles, Random random)
    {
        var starts = (uint*)to;
        for (long t = 0; t <= tiles; t++)
        {
            starts[t] = (uint)(t * escapesPerTile);
        }

        var escape = to + (4 * (tiles + 1));
        for (long t = 0; t < tiles; t++)
        {
            // Ascending by lane.
            for (var e = 0; e < escapesPerTile; e++, escape += TiledLayout.EscapeBytes)
            {
                var lanes = TiledLayout.GroupRows / escapesPerTile;
                escape[0] = (byte)((e * lanes) + random.Next(lanes));
                escape[1] = (byte)random.Next(TiledLayout.BlockColumns);
                *(short*)(escape + 2) = (short)random.Next(-1000, 1000);
            }
        }
    }
}
