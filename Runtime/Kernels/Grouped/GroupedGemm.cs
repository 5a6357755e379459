using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// Y = W·A for several tokens (prefill), grouped weights and int8 activations. A row group's codes and scales are unpacked once into a panel
/// that stays in the L1 or L2 cache, then multiplied with all tokens, a few at a time. Same expression, same order, same bits as <see cref="GroupedGemv"/>.
/// </summary>
internal static unsafe class GroupedGemm
{
    /// <summary>Bytes of scratch memory for one worker: panel of codes, scales and minima of a row group.</summary>
    public static long ScratchBytes(int columns)
    {
        long units = (columns + 31) / 32;
        return units * (512 + (2 * 64) + (2 * 64));
    }

    [SkipLocalsInit]
    public static void Run<R, L, F>(byte* weight, in GroupedLayout layout, int firstGroup, int endGroup, QuantizedActivations a, int tokens, float* y, int yStride, bool accumulate, byte* scratch)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        var units = layout.Units;
        var quads = scratch;
        var scales = (float*)(quads + (512L * units));
        var minima = scales + (32L * units);
        for (var group = firstGroup; group < endGroup; group++)
        {
            Unpack<R, L, F>(weight + (group * layout.RowGroupBytes), units, quads, scales, minima);
            var t = 0;
            for (; t + R.TileTokens <= tokens; t += R.TileTokens)
            {
                Tile<R, L, F>(quads, scales, minima, units, a, t, y + ((nint)t * yStride), yStride, group, layout.Rows, accumulate);
            }

            for (; t < tokens; t++)
            {
                GroupedGemv.Run<R, L, F>(weight, layout, group, group + 1, a, t, y + ((nint)t * yStride), accumulate, scratch);
            }
        }
    }

    /// <summary>One row group as bytes and floats: quads [units, 512], scales and minima [units, GroupsPerUnit, 16].</summary>
    public static void Unpack<R, L, F>(byte* p, int units, byte* quads, float* scales, float* minima)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        GroupScales<L, F> g = default;
        for (var u = 0; u < units; u++)
        {
            p = g.Read(p, u);
            R.Unpack<F>(p, quads);
            p += 64 * F.CodeBits;
            quads += 512;
            L.Store(g.Scale0, scales);
            if (F.HasMinimum)
            {
                L.Store(g.Minimum0, minima);
                minima += 16;
            }

            scales += 16;
            if (F.GroupColumns == 16)
            {
                L.Store(g.Scale1, scales);
                if (F.HasMinimum)
                {
                    L.Store(g.Minimum1, minima);
                    minima += 16;
                }

                scales += 16;
            }
        }
    }

    private static void Tile<R, L, F>(byte* quads, float* scales, float* minima, int units, QuantizedActivations a, int token, float* y, int yStride, int group, int rows, bool accumulate)
        where R : struct, IDotRung
        where L : struct, ILanes<L>
        where F : struct, IGroupedForm
    {
        const int MaxTile = 8;
        var acc = stackalloc float[MaxTile * 16];
        var min = stackalloc float[MaxTile * 16];
        var dots = stackalloc float[MaxTile * 16];
        var sums = stackalloc int[MaxTile];
        var zero = L.Broadcast(0f);
        for (var i = 0; i < R.TileTokens; i++)
        {
            L.Store(zero, acc + (16 * i));
            L.Store(zero, min + (16 * i));
        }

        var codes = a.Codes(token);
        var steps = a.Scales(token);
        var allSums = a.Sums(token);
        int stepStride = a.Stride / 32, sumStride = a.Stride / 16;
        var parts = F.GroupColumns == 16 ? 2 : 1;
        for (var u = 0; u < units; u++)
        {
            for (var part = 0; part < parts; part++)
            {
                for (var i = 0; i < R.TileTokens; i++)
                {
                    var s = allSums + (i * sumStride) + (2 * u);
                    sums[i] = parts == 2 ? s[part] : s[0] + s[1];
                }

                R.DotPanel<F>(quads + (256 * part), 8 / parts, codes + (16 * part), a.Stride, sums, dots);
                var scale = L.Load(scales);
                scales += 16;
                for (var i = 0; i < R.TileTokens; i++)
                {
                    var step = L.Broadcast(steps[(i * stepStride) + u]);
                    L.Store(L.Madd(scale, L.Multiply(L.Load(dots + (16 * i)), step), L.Load(acc + (16 * i))), acc + (16 * i));
                }

                if (F.HasMinimum)
                {
                    var minimum = L.Load(minima);
                    minima += 16;
                    for (var i = 0; i < R.TileTokens; i++)
                    {
                        var weight = L.Broadcast(steps[(i * stepStride) + u] * sums[i]);
                        L.Store(L.Madd(minimum, weight, L.Load(min + (16 * i))), min + (16 * i));
                    }
                }
            }

            quads += 512;
            codes += 32;
        }

        for (var i = 0; i < R.TileTokens; i++)
        {
            var result = L.Load(acc + (16 * i));
            if (F.HasMinimum)
            {
                result = L.Add(result, L.Load(min + (16 * i)));
            }

            RowGroups.Store(result, y + ((nint)i * yStride), group, rows, accumulate);
        }
    }
}
