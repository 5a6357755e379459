using System.Runtime.InteropServices;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Profiles;

/// <summary>
/// A weight of the tiled family whose tiles all have one width, rows in order, columns in any. Any bits of the planes are valid codes, of scalar tiles and of
/// trellises, so one row group is random and the others are its copies.
/// </summary>
internal sealed unsafe class TiledWeight(MatrixKernel kernel, int width, int escapesPerTile) : SyntheticWeight(kernel)
{
    private const int Codes = TiledLayout.GroupRows * TiledLayout.BlockColumns;

    public override string Name =>
        $"{Kernel.Format} {width} bits{(escapesPerTile == 0 ? "" : $", {(100.0 * escapesPerTile / Codes).ToString(".00", System.Globalization.CultureInfo.InvariantCulture)}% escapes")}";

    public override DecodeKind Kind => new(Kernel.Format, width);

    public int EscapesPerTile => escapesPerTile;

    public override int PieceRows => TiledLayout.GroupRows;

    public override long Bytes(int rows, int columns) => Header(rows, columns) + (Tiles(rows, columns) * TiledLayout.TileBytes(width));

    public override void Fill(byte* to, int rows, int columns)
    {
        var random = new Random(3);
        int groups = TiledLayout.Groups(rows), blocks = TiledLayout.Blocks(columns);
        int[] order = [.. Enumerable.Range(0, columns)];
        random.Shuffle(order);
        var kinds = new byte[groups * blocks];
        Array.Fill(kinds, (byte)(width | (Kernel.Format.States == 1 ? 0 : TiledLayout.Trellis)));
        var header = new Span<byte>(to, checked((int)Header(rows, columns)));
        header.Clear();
        TiledHeader.Write(
            header,
            new(order, [.. order.Select((_, i) => i % 16 - 8)], TiledLayout.ColumnStepsPerOctave),
            new([.. Enumerable.Range(0, rows)], [.. Enumerable.Range(0, rows).Select(i => i % 8 - 30)], 4),
            0,
            kinds,
            Escapes(groups, blocks, random));
        var codes = to + Header(rows, columns);
        var group = blocks * TiledLayout.TileBytes(width);
        random.NextBytes(new Span<byte>(codes, group));
        Repeat(codes, group, (long)groups * group);
    }

    private static long Tiles(int rows, int columns) => (long)TiledLayout.Groups(rows) * TiledLayout.Blocks(columns);

    private long Header(int rows, int columns) => TiledLayout.HeaderBytes(rows, columns, escapesPerTile * Tiles(rows, columns));

    private TiledEscape[] Escapes(int groups, int blocks, Random random)
    {
        var escapes = new TiledEscape[groups * blocks * escapesPerTile];
        for (var e = 0; e < escapes.Length; e++)
        {
            // In a tile ascending by lane.
            var (tile, i) = Math.DivRem(e, escapesPerTile);
            var lanes = TiledLayout.GroupRows / escapesPerTile;
            escapes[e] = TiledEscape.Of(tile / blocks, tile % blocks, (i * lanes) + random.Next(lanes), random.Next(TiledLayout.BlockColumns), (short)random.Next(-1000, 1000));
        }

        return escapes;
    }
}
