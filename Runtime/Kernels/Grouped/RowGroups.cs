using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Writes the 16 results of a row group.</summary>
internal static unsafe class RowGroups
{
    /// <summary>y[16·group …] = value, or += value; rows beyond <paramref name="rows"/> are padding and dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L>(L value, float* y, int group, int rows, bool accumulate)
        where L : struct, ILanes<L>
    {
        var at = y + (group * GroupedLayout.RowGroupRows);
        var left = rows - (group * GroupedLayout.RowGroupRows);
        if (left >= GroupedLayout.RowGroupRows)
        {
            L.Store(accumulate ? L.Add(L.Load(at), value) : value, at);
        }
        else
        {
            Lanes.StorePartial(accumulate ? L.Add(Lanes.LoadPartial<L>(at, left), value) : value, at, left);
        }
    }
}
