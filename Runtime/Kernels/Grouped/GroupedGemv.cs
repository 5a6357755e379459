using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// y = W·a for one token, grouped weights and int8 activations.
/// </summary>
/// <remarks>
/// For each row, units u of 32 columns in order, and in each the (one or two) groups g of columns:
/// <code>
///   acc = fma(scale_g, s_u · Σ value·a, acc)        exact integer sum, s_u the activations' scale
///   min = fma(minimum_g, s_u · Σ a, min)
///   y   = acc + min
/// </code>
/// Prefill (<see cref="GroupedGemm"/>) evaluates the same expression in the same order.
/// </remarks>
internal static unsafe class GroupedGemv
{
    /// <summary>Rows 16·first … of the weight into <paramref name="y"/>; the last row group may be partial.</summary>
    [SkipLocalsInit]
    public static void Run<R, L, F>(byte* weight, in GroupedLayout layout, int firstGroup, int endGroup, QuantizedActivations a, int token, float* y, bool accumulate, byte* scratch)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var units = layout.Units;
        var dots = (float*)scratch;
        for (var group = firstGroup; group < endGroup; group++)
        {
            var p = weight + (group * layout.RowGroupBytes);
            R.DotRow<F>(p, units, a.Codes(token), a.Sums(token), dots);
            RowGroups.Store(Scale<L, F>(p, units, dots, a.Scales(token), a.Sums(token)), y, group, layout.Rows, accumulate);
        }
    }

    /// <summary>The float half: a row group's integer sums times scales and steps.</summary>
    private static L Scale<L, F>(byte* p, int units, float* dots, float* steps, int* sums)
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var acc = L.Broadcast(0f);
        var min = L.Broadcast(0f);
        GroupScales<L, F> g = default;
        for (var u = 0; u < units; u++)
        {
            p = g.Read(p, u) + (64 * F.CodeBits);
            var step = L.Broadcast(steps[u]);
            acc = L.Madd(g.Scale0, L.Multiply(L.Load(dots), step), acc);
            dots += 16;
            if (F.GroupColumns == 16)
            {
                acc = L.Madd(g.Scale1, L.Multiply(L.Load(dots), step), acc);
                dots += 16;
                if (F.HasMinimum)
                {
                    min = L.Madd(g.Minimum0, L.Broadcast(steps[u] * sums[2 * u]), min);
                    min = L.Madd(g.Minimum1, L.Broadcast(steps[u] * sums[(2 * u) + 1]), min);
                }
            }
            else if (F.HasMinimum)
            {
                min = L.Madd(g.Minimum0, L.Broadcast(steps[u] * (sums[2 * u] + sums[(2 * u) + 1])), min);
            }
        }

        return F.HasMinimum ? L.Add(acc, min) : acc;
    }
}
