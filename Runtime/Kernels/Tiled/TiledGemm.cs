using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// Y = W·X for several tokens (prefill), tiled weights and int8 activations. A sub-group's codes are unpacked once into panels that stay in the L1 or L2
/// cache, then multiplied with all tokens, a few at a time. Same expression, same order, same bits as <see cref="TiledGemv"/>.
/// </summary>
internal static unsafe class TiledGemm
{
    /// <summary>Most tokens that any rung multiplies at once.</summary>
    public const int MaxTile = 4;

    private const int DotBytes = MaxTile * 16 * sizeof(float);

    /// <summary>
    /// Bytes of scratch memory for one worker, per block: dots and panels (two of them at most), or the values of <see cref="TiledFloat"/> behind the panels.
    /// </summary>
    public static long ScratchBytes(int columns) => (long)TiledLayout.Blocks(columns) * (DotBytes + (2 * TiledPanels.Bytes) + TiledFloat.BlockBytes);

    public static void Run<R, L>(in MatrixCall call, QuantizedActivations x, int first, int end, byte* scratch)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
    {
        var weight = call.Tiled!;
        var dots = (float*)scratch;
        var panels = scratch + ((long)DotBytes * weight.Blocks);
        var whole = call.Tokens - (call.Tokens % R.TileTokens);
        for (var i = first; i < end; i++)
        {
            int group = i / TiledLayout.SubGroups, sub = i % TiledLayout.SubGroups;
            TiledPanels.Unpack<R>(weight, group, sub, panels);
            for (var t = 0; t < whole; t += R.TileTokens)
            {
                Dots<R>(weight, group, panels, x, t, dots);
                Finish<R, L>(call, x, t, group, sub, dots);
            }
        }

        for (var t = whole; t < call.Tokens; t++)
        {
            TiledGemv.Run<R>(call, x, t, first, end);
        }
    }

    /// <summary>[blocks, tokens, 16].</summary>
    private static void Dots<R>(TiledView weight, int group, byte* panels, QuantizedActivations x, int token, float* dots)
        where R : struct, ITiledRung
    {
        var kinds = weight.Kinds + ((long)group * weight.Blocks);
        var a = x.Codes(token);
        var allSums = x.Sums(token);
        var sums = stackalloc int[MaxTile];
        for (var b = 0; b < weight.Blocks; b++)
        {
            for (var i = 0; i < R.TileTokens; i++)
            {
                sums[i] = allSums[b + (i * weight.Blocks)];
            }

            var bits = TiledPanels.Bits(kinds[b]);
            TiledPanels.Dot<R>(bits, panels, a, x.Stride, sums, dots);
            panels += bits == 9 ? 2 * TiledPanels.Bytes : TiledPanels.Bytes;
            a += TiledLayout.BlockColumns;
            dots += 16 * R.TileTokens;
        }
    }

    [SkipLocalsInit]
    private static void Finish<R, L>(in MatrixCall call, QuantizedActivations x, int token, int group, int sub, float* dots)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
    {
        var weight = call.Tiled!;
        var acc = stackalloc float[TiledLayout.GroupRows];
        var lanes = acc + (GroupedLayout.RowGroupRows * sub);
        for (var i = 0; i < R.TileTokens; i++)
        {
            var scales = x.Scales(token + i);
            L.Store(L.Broadcast(0f), lanes);
            TiledEscapes.Add(weight, group, sub, sub + 1, new(x.Codes(token + i), x.Sums(token + i), scales), acc);
            var sum = L.Load(lanes);
            var at = dots + (GroupedLayout.RowGroupRows * i);
            for (var b = 0; b < weight.Blocks; b++)
            {
                sum = L.Madd(L.Load(at), L.Broadcast(scales[b]), sum);
                at += GroupedLayout.RowGroupRows * R.TileTokens;
            }

            L.Store(sum, lanes);
            TiledRows.Store(weight, group, sub, sub + 1, acc, (float*)call.Y + ((nint)(token + i) * call.YStride), call.Accumulate);
        }
    }
}
