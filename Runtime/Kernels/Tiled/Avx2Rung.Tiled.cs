using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct Avx2Rung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, sbyte* a, int* sums, float* dots)
        where W : struct, IWidth
    {
        for (var b = 0; b < blocks; b++)
        {
            for (var s = first; s < end; s++)
            {
                Vector256<int> low = Start<ScalarTile<W>>(sums[b]), high = low;
                var planes = codes + (2 * 64 * W.Bits * s);
                var at = a;
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(planes);
                    for (var step = 0; step < 2; step++)
                    {
                        Vector256<sbyte> b0 = Broadcast(at), b1 = Broadcast(at + 4), b2 = Broadcast(at + 8), b3 = Broadcast(at + 12);
                        Codes256.Load4<ScalarTile<W>>(planes, step, 0, out var c0, out var c1, out var c2, out var c3);
                        low = Fold<ScalarTile<W>>(low, Pairs<ScalarTile<W>>(c0, b0), Pairs<ScalarTile<W>>(c1, b1), Pairs<ScalarTile<W>>(c2, b2), Pairs<ScalarTile<W>>(c3, b3));
                        Codes256.Load4<ScalarTile<W>>(planes, step, 1, out c0, out c1, out c2, out c3);
                        high = Fold<ScalarTile<W>>(high, Pairs<ScalarTile<W>>(c0, b0), Pairs<ScalarTile<W>>(c1, b1), Pairs<ScalarTile<W>>(c2, b2), Pairs<ScalarTile<W>>(c3, b3));
                        at += 16;
                    }

                    planes += 64 * W.Bits;
                }

                Avx.Store(dots + (16 * s), Avx.ConvertToVector256Single(low));
                Avx.Store(dots + (16 * s) + 8, Avx.ConvertToVector256Single(high));
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, sbyte* a, int* sums, float* dots, byte* state, int eight)
        where W : struct, IWidth
    {
        for (var b = 0; b < blocks; b++)
        {
            // Halves of 8 rows.
            for (var h = 2 * first; h < 2 * end; h++)
            {
                var unit = codes + (2 * 64 * W.Bits * (h >> 1)) + (32 * (h & 1));
                var sum = W.Bits >= 7
                    ? WideTrellis<W>(unit, sums[b], a, state + (32 * h), Vector256.Create((uint)eight))
                    : Trellis<W>(unit, sums[b], a, state + (32 * h), Vector256.Create((uint)eight));
                Avx.Store(dots + (8 * h), Avx.ConvertToVector256Single(sum));
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    /// <summary>Half a sub-group of a tile of at most 6 bits, whose codes have at most 7.</summary>
    private static Vector256<int> Trellis<W>(byte* unit, int total, sbyte* a, byte* state, Vector256<uint> eight)
        where W : struct, IWidth
    {
        var sum = Vector256.Create(-(total << W.Bits));
        var before = Avx.LoadVector256(state);
        for (var u = 0; u < 2; u++)
        {
            GroupedCodes.Prefetch<ScalarTile<W>>(unit);
            var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
            Trellis256.Pairs(branch, before, eight, out var pairs, out var pairs1);
            before = branch;
            for (var step = 0; step < 2; step++)
            {
                Codes256.Load4<TrellisTile<W>>(unit, step, 0, out var c0, out var c1, out var c2, out var c3);
                Trellis256.Join(pairs, ref c0, ref c1, ref c2, ref c3);
                sum = TrellisQuads4<W>(sum, c0, c1, c2, c3, a);
                pairs = pairs1;
                a += 16;
            }

            unit += 64 * W.Bits;
        }

        Avx.Store(state, before);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> TrellisQuads4<W>(Vector256<int> sum, Vector256<byte> w0, Vector256<byte> w1, Vector256<byte> w2, Vector256<byte> w3, sbyte* a)
        where W : struct, IWidth
    {
        var p0 = Avx2.MultiplyAddAdjacent(w0, Broadcast(a));
        var p1 = Avx2.MultiplyAddAdjacent(w1, Broadcast(a + 4));
        var p2 = Avx2.MultiplyAddAdjacent(w2, Broadcast(a + 8));
        var p3 = Avx2.MultiplyAddAdjacent(w3, Broadcast(a + 12));
        // Codes of W.Bits + 1 bits: as Fold has it.
        return W.Bits <= 4 ? Widen(sum, (p0 + p1) + (p2 + p3))
            : W.Bits == 5 ? Widen(Widen(sum, p0 + p1), p2 + p3)
            : Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3);
    }

    /// <summary>Widths 7 and 8, whose codes of 8 and 9 bits do not fit the multiplication: four times the upper bits, and the lower two.</summary>
    private static Vector256<int> WideTrellis<W>(byte* unit, int total, sbyte* a, byte* state, Vector256<uint> eight)
        where W : struct, IWidth
    {
        Vector256<int> high = Vector256<int>.Zero, low = Vector256.Create(-(total << W.Bits));
        var before = Avx.LoadVector256(state);
        for (var u = 0; u < 2; u++)
        {
            GroupedCodes.Prefetch<ScalarTile<W>>(unit);
            var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
            Trellis256.Pairs(branch, before, eight, out var pairs, out var pairs1);
            before = branch;
            for (var step = 0; step < 2; step++)
            {
                Codes256.Load4<TrellisTile<W>>(unit, step, 0, out var c0, out var c1, out var c2, out var c3);
                high = PanelQuads<TrellisTile<W>>(high, c0, c1, c2, c3, a);
                Trellis256.Split(pairs, out c0, out c1, out c2, out c3);
                low = TrellisQuads4<W2>(low, c0, c1, c2, c3, a);
                pairs = pairs1;
                a += 16;
            }

            unit += 64 * W.Bits;
        }

        Avx.Store(state, before);
        return low + (high << 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> PanelQuads<F>(Vector256<int> sum, Vector256<byte> c0, Vector256<byte> c1, Vector256<byte> c2, Vector256<byte> c3, sbyte* a)
        where F : struct, ICodeForm => Fold<F>(sum, Pairs<F>(c0, Broadcast(a)), Pairs<F>(c1, Broadcast(a + 4)), Pairs<F>(c2, Broadcast(a + 8)), Pairs<F>(c3, Broadcast(a + 12)));

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        for (var half = 0; half < 2; half++)
        {
            var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
            Trellis256.Pairs(branch, Avx.LoadVector256(state), Vector256.Create((uint)eight), out var pairs, out var pairs1);
            Avx.Store(state, branch);
            for (var step = 0; step < 2; step++)
            {
                Codes256.Load4<TrellisTile<W>>(unit, step, 0, out var c0, out var c1, out var c2, out var c3);
                if (W.Bits < 8)
                {
                    Trellis256.Join(pairs, ref c0, ref c1, ref c2, ref c3);
                }

                Store4(quads + (256 * step), c0, c1, c2, c3);
                if (W.Bits == 8)
                {
                    Trellis256.Split(pairs, out c0, out c1, out c2, out c3);
                    Store4(quads + (256 * step) + TiledPanels.Bytes, c0, c1, c2, c3);
                }

                pairs = pairs1;
            }

            unit += 32;
            quads += 32;
            state += 32;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(byte* to, Vector256<byte> c0, Vector256<byte> c1, Vector256<byte> c2, Vector256<byte> c3)
    {
        Avx.Store(to, c0);
        Avx.Store(to + 64, c1);
        Avx.Store(to + 128, c2);
        Avx.Store(to + 192, c3);
    }
}
