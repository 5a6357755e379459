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
    public static void Run<R, L, F>(byte* weight, in GroupedLayout layout, int firstGroup, int endGroup, QuantizedActivations a, int token, float* y, bool accumulate)
        where R : struct, IDotRung<L>
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var codes = a.Codes(token);
        var scales = a.Scales(token);
        var sums = a.Sums(token);
        var units = layout.Units;
        for (var group = firstGroup; group < endGroup; group++)
        {
            var p = weight + (group * layout.RowGroupBytes);
            var acc = L.Broadcast(0f);
            var min = L.Broadcast(0f);
            GroupScales<L, F> g = default;
            for (var u = 0; u < units; u++)
            {
                p = g.Read(p, u);
                var step = scales[u];
                int sum0 = sums[2 * u], sum1 = sums[(2 * u) + 1];
                if (F.GroupColumns == 16)
                {
                    R.Dot16x2<F>(p, codes + (32 * u), sum0, sum1, out var first, out var second);
                    acc = L.Madd(g.Scale0, L.Multiply(first, L.Broadcast(step)), acc);
                    acc = L.Madd(g.Scale1, L.Multiply(second, L.Broadcast(step)), acc);
                    if (F.HasMinimum)
                    {
                        min = L.Madd(g.Minimum0, L.Broadcast(step * sum0), min);
                        min = L.Madd(g.Minimum1, L.Broadcast(step * sum1), min);
                    }
                }
                else
                {
                    acc = L.Madd(g.Scale0, L.Multiply(R.Dot32<F>(p, codes + (32 * u), sum0 + sum1), L.Broadcast(step)), acc);
                    if (F.HasMinimum)
                    {
                        min = L.Madd(g.Minimum0, L.Broadcast(step * (sum0 + sum1)), min);
                    }
                }

                p += 64 * F.CodeBits;
            }

            if (F.HasMinimum)
            {
                acc = L.Add(acc, min);
            }

            RowGroups.Store(acc, y, group, layout.Rows, accumulate);
        }
    }
}
