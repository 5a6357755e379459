using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// y = W·x with f32 activations (<c>--activations float</c>): for each row, groups g of 16 or 32 columns in order,
/// <code>
///   dot = fma(value_j, x_j, dot) over the group's columns in order, from 0
///   acc = fma(scale_g, dot, acc);  min = fma(minimum_g, Σ x, min)  with Σ x added in column order
///   y   = acc + min
/// </code>
/// </summary>
internal static unsafe class GroupedFloat
{
    [SkipLocalsInit]
    public static void Run<R, L, F>(byte* weight, in GroupedLayout layout, int firstGroup, int endGroup, float* x, int xStride, int tokens, float* y, int yStride, bool accumulate, byte* scratch)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var units = layout.Units;
        var scales = (float*)(scratch + (512L * units));
        var minima = scales + (32L * units);
        for (var group = firstGroup; group < endGroup; group++)
        {
            GroupedGemm.Unpack<R, L, F>(weight + (group * layout.RowGroupBytes), units, scratch, scales, minima);
            for (var t = 0; t < tokens; t++)
            {
                var result = Row<L, F>(scratch, scales, minima, layout.Columns, x + ((nint)t * xStride));
                RowGroups.Store(result, y + ((nint)t * yStride), group, layout.Rows, accumulate);
            }
        }
    }

    private static L Row<L, F>(byte* quads, float* scales, float* minima, int columns, float* x)
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var acc = L.Broadcast(0f);
        var min = L.Broadcast(0f);
        var offset = L.Broadcast(GroupedCodes.PanelOffset<F>());
        var width = F.GroupColumns == 16 ? 16 : 32;
        for (var start = 0; start < columns; start += width)
        {
            var end = Math.Min(start + width, columns);
            var dot = L.Broadcast(0f);
            var sum = 0f;
            for (var j = start; j < end; j++)
            {
                var value = L.Subtract(L.LoadByteOfDwords(quads + ((j >> 2) * 64), j & 3), offset);
                dot = L.Madd(value, L.Broadcast(x[j]), dot);
                sum += x[j];
            }

            acc = L.Madd(L.Load(scales), dot, acc);
            scales += 16;
            if (F.HasMinimum)
            {
                min = L.Madd(L.Load(minima), L.Broadcast(sum), min);
                minima += 16;
            }
        }

        return F.HasMinimum ? L.Add(acc, min) : acc;
    }
}
