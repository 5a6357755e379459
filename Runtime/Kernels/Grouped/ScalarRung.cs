using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Integer dot products in plain C#: reads codes through <see cref="GroupedCodes"/>, one at a time.</summary>
internal unsafe struct ScalarRung : IDotRung<ScalarLanes>
{
    public static int TileTokens => 1;

    public static ScalarLanes Dot32<F>(byte* planes, sbyte* a, int sum)
        where F : struct, IGroupedForm
    {
        Dot16x2<F>(planes, a, 0, 0, out var first, out var second);
        return ScalarLanes.Add(first, second); // exact: both are integers below 2^24
    }

    public static void Dot16x2<F>(byte* planes, sbyte* a, int sum0, int sum1, out ScalarLanes first, out ScalarLanes second)
        where F : struct, IGroupedForm
    {
        var dots = stackalloc float[32];
        for (var row = 0; row < GroupedLayout.RowGroupRows; row++)
        {
            int d0 = 0, d1 = 0;
            for (var c = 0; c < 16; c++)
            {
                d0 += GroupedCodes.Value<F>(planes, row, c) * a[c];
                d1 += GroupedCodes.Value<F>(planes, row, c + 16) * a[c + 16];
            }

            dots[row] = d0;
            dots[row + 16] = d1;
        }

        first = ScalarLanes.Load(dots);
        second = ScalarLanes.Load(dots + 16);
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, IGroupedForm
    {
        for (var row = 0; row < GroupedLayout.RowGroupRows; row++)
        {
            for (var c = 0; c < GroupedLayout.UnitColumns; c++)
            {
                quads[GroupedCodes.QuadByte(row, c)] = GroupedCodes.Unsigned<F>(planes, row, c);
            }
        }
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        var offset = GroupedCodes.PanelOffset<F>();
        for (var row = 0; row < GroupedLayout.RowGroupRows; row++)
        {
            var dot = 0;
            for (var c = 0; c < 4 * quadCount; c++)
            {
                dot += (quads[GroupedCodes.QuadByte(row, c)] - offset) * a[c];
            }

            dots[row] = dot;
        }
    }
}
