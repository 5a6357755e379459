using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Writes the 16 results of a sub-group to where the source has their rows.</summary>
internal static unsafe class TiledRows
{
    /// <summary>y[row of each lane] = value, or += value; padding lanes are dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L>(L value, TiledView weight, int group, int sub, float* y, bool accumulate)
        where L : struct, ILanes<L>
    {
        var order = weight.RowOrder + ((long)TiledLayout.GroupRows * group) + (GroupedLayout.RowGroupRows * sub);
        if (weight.IsInOrder(group))
        {
            var at = y + order[0];
            L.Store(accumulate ? L.Add(L.Load(at), value) : value, at);
        }
        else
        {
            Scatter(value, order, y, accumulate);
        }
    }

    private static void Scatter<L>(L value, int* order, float* y, bool accumulate)
        where L : struct, ILanes<L>
    {
        var buffer = stackalloc float[Lanes.Count];
        L.Store(value, buffer);
        for (var i = 0; i < Lanes.Count; i++)
        {
            var row = order[i];
            if (row < 0)
            {
                return; // padding lies behind the last row
            }

            y[row] = accumulate ? y[row] + buffer[i] : buffer[i];
        }
    }
}
