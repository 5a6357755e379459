using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>A sub-group's tiles as panels of unpacked bytes, and products with them.</summary>
internal static unsafe class TiledPanels
{
    /// <summary>Bytes of a sub-group of a tile: 16 quads.</summary>
    public const int Bytes = 1024;

    /// <summary>Bits of the bytes in a tile's panel; 9: two panels, of the upper 7 and the lower 2 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bits(byte kind) => (kind & TiledLayout.Trellis) == 0 ? kind : (kind & 15) + 1;

    /// <summary>Unpacks one sub-group of a row group, panel after panel.</summary>
    [SkipLocalsInit]
    public static void Unpack<R>(TiledView weight, int group, int sub, byte* panels)
        where R : struct, ITiledRung
    {
        var state = stackalloc byte[64];
        new Span<byte>(state, 64).Clear();
        var eight = weight.States == 8 ? -1 : 0;
        var kinds = weight.Kinds + ((long)group * weight.Blocks);
        var codes = weight.Codes + weight.GroupOffset(group);
        byte* last = null;
        for (var b = 0; b < weight.Blocks; b++)
        {
            var width = kinds[b] & 15;
            var unit = codes + (2 * 64 * width * sub);
            if (TiledPath.Continues(kinds, b))
            {
                TiledPath.Behind(last, kinds[b - 1], state, eight);
            }

            last = unit + (64 * width);
            Unpack<R>(kinds[b], unit, panels, state, eight);
            Unpack<R>(kinds[b], last, panels + 512, state, eight);
            codes += TiledLayout.TileBytes(width);
            panels += Bits(kinds[b]) == 9 ? 2 * Bytes : Bytes;
        }
    }

    private static void Unpack<R>(byte kind, byte* unit, byte* quads, byte* state, int eight)
        where R : struct, ITiledRung
    {
        switch (kind)
        {
            case 2:
                R.Unpack<ScalarTile<W2>>(unit, quads);
                break;
            case 3:
                R.Unpack<ScalarTile<W3>>(unit, quads);
                break;
            case 4:
                R.Unpack<ScalarTile<W4>>(unit, quads);
                break;
            case 5:
                R.Unpack<ScalarTile<W5>>(unit, quads);
                break;
            case 6:
                R.Unpack<ScalarTile<W6>>(unit, quads);
                break;
            case 7:
                R.Unpack<ScalarTile<W7>>(unit, quads);
                break;
            case 8:
                R.Unpack<ScalarTile<W8>>(unit, quads);
                break;
            case TiledLayout.Trellis | 2:
                R.UnpackTrellis<W2>(unit, quads, state, eight);
                break;
            case TiledLayout.Trellis | 3:
                R.UnpackTrellis<W3>(unit, quads, state, eight);
                break;
            case TiledLayout.Trellis | 4:
                R.UnpackTrellis<W4>(unit, quads, state, eight);
                break;
            case TiledLayout.Trellis | 5:
                R.UnpackTrellis<W5>(unit, quads, state, eight);
                break;
            case TiledLayout.Trellis | 6:
                R.UnpackTrellis<W6>(unit, quads, state, eight);
                break;
            case TiledLayout.Trellis | 7:
                R.UnpackTrellis<W7>(unit, quads, state, eight);
                break;
            default:
                R.UnpackTrellis<W8>(unit, quads, state, eight);
                break;
        }
    }

    /// <summary>Σ q·a of one panel for <c>R.TileTokens</c> tokens: [tokens, 16] exact floats.</summary>
    /// <param name="bits">Of <see cref="Bits"/>.</param>
    /// <param name="panel">Its bytes.</param>
    /// <param name="a">The first token's activations of the block.</param>
    /// <param name="stride">Bytes from one token's activations to the next.</param>
    /// <param name="sums">[tokens] sums of the block's activations.</param>
    /// <param name="dots">Result.</param>
    public static void Dot<R>(int bits, byte* panel, sbyte* a, nint stride, int* sums, float* dots)
        where R : struct, ITiledRung
    {
        switch (bits)
        {
            case 2:
                R.DotPanel<ScalarTile<W2>>(panel, 16, a, stride, sums, dots);
                break;
            case 3:
                R.DotPanel<ScalarTile<W3>>(panel, 16, a, stride, sums, dots);
                break;
            case 4:
                R.DotPanel<ScalarTile<W4>>(panel, 16, a, stride, sums, dots);
                break;
            case 5:
                R.DotPanel<ScalarTile<W5>>(panel, 16, a, stride, sums, dots);
                break;
            case 6:
                R.DotPanel<ScalarTile<W6>>(panel, 16, a, stride, sums, dots);
                break;
            case 7:
                R.DotPanel<ScalarTile<W7>>(panel, 16, a, stride, sums, dots);
                break;
            case 8:
                R.DotPanel<ScalarTile<W8>>(panel, 16, a, stride, sums, dots);
                break;
            default:
                DotNine<R>(panel, a, stride, sums, dots);
                break;
        }
    }

    /// <summary>n = 4·(high − 64) + (low − 2) + 2.</summary>
    private static void DotNine<R>(byte* panel, sbyte* a, nint stride, int* sums, float* dots)
        where R : struct, ITiledRung
    {
        var low = stackalloc float[TiledGemm.MaxTile * 16];
        R.DotPanel<ScalarTile<W7>>(panel, 16, a, stride, sums, dots);
        R.DotPanel<ScalarTile<W2>>(panel + Bytes, 16, a, stride, sums, low);
        for (var i = 0; i < 16 * R.TileTokens; i++)
        {
            // Integers far below 2^24: exact.
            dots[i] = (4f * dots[i]) + low[i] + (2 * sums[i / 16]);
        }
    }

    /// <summary>For rungs that have nothing faster: tiles through panels.</summary>
    [SkipLocalsInit]
    public static void DotTiles<R, L, W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
        where W : struct, IWidth
    {
        var dots = stackalloc float[16];
        var a = x.Codes;
        var panel = stackalloc byte[Bytes];
        for (var b = 0; b < blocks; b++)
        {
            for (var s = first; s < end; s++)
            {
                var unit = codes + (2 * 64 * W.Bits * s);
                R.Unpack<ScalarTile<W>>(unit, panel);
                R.Unpack<ScalarTile<W>>(unit + (64 * W.Bits), panel + 512);
                R.DotPanel<ScalarTile<W>>(panel, 16, a, 0, x.Sums + b, dots);
                Add<L>(acc + (16 * s), dots, x.Scales[b]);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    /// <summary>The same for trellis tiles.</summary>
    [SkipLocalsInit]
    public static void DotTrellis<R, L, W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where R : struct, ITiledRung
        where L : struct, ILanes<L>
        where W : struct, IWidth
    {
        var dots = stackalloc float[16];
        var a = x.Codes;
        var panel = stackalloc byte[2 * Bytes];
        for (var b = 0; b < blocks; b++)
        {
            for (var s = first; s < end; s++)
            {
                var unit = codes + (2 * 64 * W.Bits * s);
                R.UnpackTrellis<W>(unit, panel, state + (64 * s), eight);
                R.UnpackTrellis<W>(unit + (64 * W.Bits), panel + 512, state + (64 * s), eight);
                Dot<R>(W.Bits + 1, panel, a, 0, x.Sums + b, dots);
                Add<L>(acc + (16 * s), dots, x.Scales[b]);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    private static void Add<L>(float* acc, float* dots, float scale)
        where L : struct, ILanes<L> => L.Store(L.Madd(L.Load(dots), L.Broadcast(scale), L.Load(acc)), acc);
}
