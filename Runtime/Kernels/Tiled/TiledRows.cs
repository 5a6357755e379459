using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Writes the results of a row group to where the source has their rows.</summary>
internal static unsafe class TiledRows
{
    /// <summary>y[row of each lane] = (or +=) step · acc, for sub-groups <paramref name="from"/> …; lanes behind the last row are dropped.</summary>
    /// <param name="weight">Whose rows.</param>
    /// <param name="group">Row group.</param>
    /// <param name="from">First sub-group.</param>
    /// <param name="to">The one behind the last.</param>
    /// <param name="acc">By lane.</param>
    /// <param name="y">By source row.</param>
    /// <param name="accumulate">Whether what is in y stays.</param>
    public static void Store(TiledView weight, int group, int from, int to, float* acc, float* y, bool accumulate)
    {
        int first = (TiledLayout.GroupRows * group) + (GroupedLayout.RowGroupRows * from);
        var count = Math.Min(weight.Rows - first, GroupedLayout.RowGroupRows * (to - from));
        acc += GroupedLayout.RowGroupRows * from;
        var factors = weight.RowFactors + first;
        var steps = weight.RowSteps;
        if (weight.IsWide)
        {
            for (var i = 0; i < count; i++)
            {
                Store(steps[factors[i]] * acc[i], y + weight.Row(first + i), accumulate);
            }

            return;
        }

        var rows = weight.NarrowRows + first;
        if (accumulate)
        {
            for (var i = 0; i < count; i++)
            {
                Store(steps[factors[i]] * acc[i], y + rows[i], true);
            }
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                y[rows[i]] = steps[factors[i]] * acc[i];
            }
        }
    }

    /// <summary>Not one multiply-add: the result is rounded as it is where it does not accumulate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float value, float* to, bool accumulate) => *to = accumulate ? *to + value : value;
}
