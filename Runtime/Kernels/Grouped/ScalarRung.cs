using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Integer dot products in plain C#: reads codes through <see cref="GroupedCodes"/>, one at a time.</summary>
internal unsafe partial struct ScalarRung : ITiledRung
{
    public static int TileTokens => 1;

    public static void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        var width = F.GroupColumns == 16 ? 16 : 32;
        for (var u = 0; u < units; u++)
        {
            rowGroup += GroupedCodes.HeaderBytes<F>(u);
            for (var start = 0; start < GroupedLayout.UnitColumns; start += width)
            {
                for (var row = 0; row < GroupedLayout.RowGroupRows; row++)
                {
                    var dot = 0;
                    for (var c = start; c < start + width; c++)
                    {
                        dot += GroupedCodes.Value<F>(rowGroup, row, c) * a[c];
                    }

                    dots[row] = dot;
                }

                dots += GroupedLayout.RowGroupRows;
            }

            a += GroupedLayout.UnitColumns;
            rowGroup += 64 * F.CodeBits;
        }
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, ICodeForm
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
        where F : struct, ICodeForm
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
