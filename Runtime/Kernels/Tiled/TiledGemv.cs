using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// y = W·x for one token, tiled weights and int8 activations. For each row i, first its escapes e in order of their columns, then blocks b of 64 columns in order:
/// <code>
///   acc = acc + f32(δ_e · a_e) · s_b(e)     s_b the activations' scale
///   acc = fma(Σ q·a, s_b, acc)             exact integer sum of what the tile holds, rounded to f32 once
///   y   = step_i · acc
/// </code>
/// Prefill (<see cref="TiledGemm"/>) evaluates the same expression in the same order.
/// </summary>
internal static unsafe class TiledGemv
{
    /// <summary>Sub-groups <paramref name="first"/> … (of 16 positions each) of the weight for token <paramref name="token"/>.</summary>
    [SkipLocalsInit]
    public static void Run<R>(in MatrixCall call, QuantizedActivations x, int token, int first, int end)
        where R : struct, ITiledRung
    {
        var weight = call.Tiled!;
        var acc = stackalloc float[TiledLayout.GroupRows];
        var y = (float*)call.Y + ((nint)token * call.YStride);
        var activations = new TileInput(x.Codes(token), x.Sums(token), x.Scales(token));
        while (first < end)
        {
            int group = first / TiledLayout.SubGroups, from = first % TiledLayout.SubGroups, to = Math.Min(TiledLayout.SubGroups, from + end - first);
            new Span<float>(acc, TiledLayout.GroupRows).Clear();
            TiledEscapes.Add(weight, group, from, to, activations, acc);
            Tiles<R>(weight, group, from, to, activations, acc);
            TiledRows.Store(weight, group, from, to, acc, y, call.Accumulate);
            first += to - from;
        }
    }

    /// <summary>All tiles of a row group, runs of tiles of one width at a time.</summary>
    private static void Tiles<R>(TiledView weight, int group, int from, int to, TileInput x, float* acc)
        where R : struct, ITiledRung
    {
        var state = stackalloc byte[TiledLayout.SubGroups * 64];
        new Span<byte>(state, TiledLayout.SubGroups * 64).Clear();
        var eight = weight.States == 8 ? -1 : 0;
        var kinds = weight.Kinds + ((long)group * weight.Blocks);
        var codes = weight.Codes + weight.GroupOffset(group);
        for (var b = 0; b < weight.Blocks;)
        {
            var kind = kinds[b];
            var run = 1;
            while (b + run < weight.Blocks && kinds[b + run] == kind)
            {
                run++;
            }

            if (TiledPath.Continues(kinds, b))
            {
                Continue(codes, kinds[b - 1], from, to, state, eight);
            }

            Tiles<R>(kind, codes, from, to, run, x.From(b), acc, state, eight);
            codes += (long)run * TiledLayout.TileBytes(kind & 15);
            b += run;
        }
    }

    /// <summary>The state of sub-groups behind a scalar tile of a width, which ends where <paramref name="codes"/> begin.</summary>
    private static void Continue(byte* codes, int width, int from, int to, byte* state, int eight)
    {
        for (var s = from; s < to; s++)
        {
            // Of 8 units the one numbered 2s + 1.
            TiledPath.Behind(codes - (64 * width * (7 - (2 * s))), width, state + (64 * s), eight);
        }
    }

    private static void Tiles<R>(byte kind, byte* codes, int from, int to, int run, TileInput x, float* acc, byte* state, int eight)
        where R : struct, ITiledRung
    {
        switch (kind)
        {
            case 2:
                R.DotTiles<W2>(codes, from, to, run, x, acc);
                break;
            case 3:
                R.DotTiles<W3>(codes, from, to, run, x, acc);
                break;
            case 4:
                R.DotTiles<W4>(codes, from, to, run, x, acc);
                break;
            case 5:
                R.DotTiles<W5>(codes, from, to, run, x, acc);
                break;
            case 6:
                R.DotTiles<W6>(codes, from, to, run, x, acc);
                break;
            case 7:
                R.DotTiles<W7>(codes, from, to, run, x, acc);
                break;
            case 8:
                R.DotTiles<W8>(codes, from, to, run, x, acc);
                break;
            case TiledLayout.Trellis | 2:
                R.DotTrellis<W2>(codes, from, to, run, x, acc, state, eight);
                break;
            case TiledLayout.Trellis | 3:
                R.DotTrellis<W3>(codes, from, to, run, x, acc, state, eight);
                break;
            case TiledLayout.Trellis | 4:
                R.DotTrellis<W4>(codes, from, to, run, x, acc, state, eight);
                break;
            case TiledLayout.Trellis | 5:
                R.DotTrellis<W5>(codes, from, to, run, x, acc, state, eight);
                break;
            case TiledLayout.Trellis | 6:
                R.DotTrellis<W6>(codes, from, to, run, x, acc, state, eight);
                break;
            case TiledLayout.Trellis | 7:
                R.DotTrellis<W7>(codes, from, to, run, x, acc, state, eight);
                break;
            default:
                R.DotTrellis<W8>(codes, from, to, run, x, acc, state, eight);
                break;
        }
    }
}
