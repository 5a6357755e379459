using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct ScalarRung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where W : struct, IWidth => TiledPanels.DotTiles<ScalarRung, ScalarLanes, W>(codes, first, end, blocks, x, acc);

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where W : struct, IWidth => TiledPanels.DotTrellis<ScalarRung, ScalarLanes, W>(codes, first, end, blocks, x, acc, state, eight);

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        var branches = unit + (64 * (W.Bits - 1));
        for (var row = 0; row < GroupedLayout.RowGroupRows; row++)
        {
            // The last three branch bits of the unit before: those of columns 29, 30, 31, in quad 7.
            var path = 0;
            for (var c = 1; c < 4; c++)
            {
                path = (path << 1) | (state[(4 * row) + c] >> 7);
            }

            for (var c = 0; c < GroupedLayout.UnitColumns; c++)
            {
                int high = GroupedCodes.Code(unit, W.Bits - 1, row, c), branch = GroupedCodes.Code(branches, 1, row, c);
                var at = GroupedCodes.QuadByte(row, c);
                if (W.Bits == 8)
                {
                    quads[at] = (byte)high;
                    quads[at + TiledPanels.Bytes] = (byte)TrellisPath.Integer(0, branch, path, 4 - (4 * eight));
                }
                else
                {
                    quads[at] = (byte)TrellisPath.Integer(high, branch, path, 4 - (4 * eight));
                }

                path = (path << 1) | branch;
            }
        }

        Buffer.MemoryCopy(branches, state, 64, 64);
    }
}
