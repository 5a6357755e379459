using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>One row of a tiled weight as f32: (step · c_j) · q.</summary>
internal static unsafe class TiledRow
{
    public static void Dequantize(TiledView weight, int row, float* values)
    {
        var position = weight.RowPosition(row);
        int group = position / TiledLayout.GroupRows, lane = position % TiledLayout.GroupRows;
        var step = weight.RowSteps[weight.RowFactors[position]];
        var codes = weight.Codes + weight.GroupOffset(group);
        var kinds = weight.Kinds + ((long)group * weight.Blocks);
        var starts = weight.EscapeStarts + (position / GroupedLayout.RowGroupRows);
        uint e = starts[0], end = starts[1];
        var integers = stackalloc int[TiledLayout.BlockColumns];
        // The branch bits of the columns before, the newest one in bit 0.
        var path = 0;
        for (var b = 0; b < weight.Blocks; b++)
        {
            var width = kinds[b] & 15;
            var planes = codes + (lane / GroupedLayout.RowGroupRows * 2 * 64 * width);
            path = (kinds[b] & TiledLayout.Trellis) == 0
                ? Scalar(planes, width, lane % GroupedLayout.RowGroupRows, weight.States, path, integers)
                : Trellis(planes, width, lane % GroupedLayout.RowGroupRows, weight.States, path, integers);

            for (; e < end && weight.EscapePlaces[e] >> 12 == b; e++)
            {
                var place = weight.EscapePlaces[e];
                integers[place & 63] += (place >> 6 & 63) == lane ? weight.EscapeDeltas[e] : 0;
            }

            var first = b * TiledLayout.BlockColumns;
            for (var j = 0; j < TiledLayout.BlockColumns && first + j < weight.Columns; j++)
            {
                values[weight.Column(first + j)] = step * weight.ColumnScales[weight.ColumnFactors[first + j]] * integers[j];
            }

            codes += TiledLayout.TileBytes(width);
        }
    }

    private static int Scalar(byte* planes, int width, int lane, int states, int path, int* integers)
    {
        for (var j = 0; j < TiledLayout.BlockColumns; j++)
        {
            var code = GroupedCodes.Code(planes + (j / 32 * 64 * width), width, lane, j % 32);
            integers[j] = code - (1 << (width - 1));
            // Goes on through an expanded weight; without a trellis it is nothing.
            path = (path << 1) | TrellisPath.Branch(code >> 1 & 1, path, states);
        }

        return path;
    }

    private static int Trellis(byte* planes, int width, int lane, int states, int path, int* integers)
    {
        for (var j = 0; j < TiledLayout.BlockColumns; j++)
        {
            var unit = planes + (j / 32 * 64 * width);
            var high = GroupedCodes.Code(unit, width - 1, lane, j % 32);
            var branch = GroupedCodes.Code(unit + (64 * (width - 1)), 1, lane, j % 32);
            integers[j] = TrellisPath.Integer(high, branch, path, states) - (1 << width);
            path = (path << 1) | branch;
        }

        return path;
    }
}

/// <summary>The trellis's definition (reference/quantiser.md, "The resident form"): what a code is, given the branch bits so far.</summary>
internal static class TrellisPath
{
    /// <summary>4·hi + 2·lsb + b_(j−1).</summary>
    /// <param name="high">hi, offset or not.</param>
    /// <param name="branch">b_j.</param>
    /// <param name="path">b_(j−1) in bit 0, b_(j−2) in bit 1, b_(j−3) in bit 2.</param>
    /// <param name="states">4 or 8.</param>
    public static int Integer(int high, int branch, int path, int states)
    {
        // b ↦ lsb and lsb ↦ b are the same.
        var low = Branch(branch, path, states);
        return (4 * high) + (2 * low) + (path & 1);
    }

    /// <summary>b_j = lsb_j ⊕ b_(j−2) [⊕ b_(j−3)].</summary>
    public static int Branch(int low, int path, int states) => (low ^ (path >> 1) ^ (states == 8 ? path >> 2 : 0)) & 1;
}
