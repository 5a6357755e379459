using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>The few codes that their tile's width does not hold: their part of the integer sums.</summary>
internal static unsafe class TiledEscapes
{
    /// <summary>Adds the escapes of sub-groups <paramref name="from"/> … of a row group to its dots, [blocks, 64].</summary>
    public static void Add(TiledView weight, int group, int from, int to, sbyte* a, float* dots)
    {
        var starts = weight.EscapeStarts + ((long)group * weight.Blocks);
        var e = starts[0];
        if (e == starts[weight.Blocks])
        {
            return;
        }

        for (var b = 0; b < weight.Blocks; b++)
        {
            Add(weight.Escapes + (4 * (long)starts[b]), weight.Escapes + (4 * (long)starts[b + 1]), 16 * from, 16 * to, a, dots);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    /// <summary>
    /// Adds the escapes of one tile at lanes in [<paramref name="firstLane"/>, <paramref name="endLane"/>) to <paramref name="dots"/>, whose index is the lane.
    /// A dot is an exact integer and stays the nearest f32 to the integer sum, however many escapes a lane has.
    /// </summary>
    public static void Add(byte* escape, byte* end, int firstLane, int endLane, sbyte* a, float* dots)
    {
        while (escape < end)
        {
            int lane = escape[0], sum = 0;
            do
            {
                sum += TiledView.Delta(escape) * a[escape[1]];
                escape += TiledLayout.EscapeBytes;
            }
            while (escape < end && escape[0] == lane);

            if (lane >= firstLane && lane < endLane)
            {
                dots[lane] = (int)dots[lane] + sum;
            }
        }
    }
}
