using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct Avx512Rung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, sbyte* a, int* sums, float* dots)
        where W : struct, IWidth
    {
        for (var b = 0; b < blocks; b++)
        {
            for (var s = first; s < end; s++)
            {
                var sum = Start<ScalarTile<W>>(sums[b]);
                var planes = codes + (2 * 64 * W.Bits * s);
                var at = a;
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(planes);
                    for (var step = 0; step < 2; step++)
                    {
                        Codes512.Load4<ScalarTile<W>>(planes, step, out var c0, out var c1, out var c2, out var c3);
                        sum = Quads4<ScalarTile<W>>(sum, c0, c1, c2, c3, at);
                        at += 16;
                    }

                    planes += 64 * W.Bits;
                }

                Avx512F.Store(dots + (16 * s), Avx512F.ConvertToVector512Single(sum));
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
            for (var s = first; s < end; s++)
            {
                var unit = codes + (2 * 64 * W.Bits * s);
                var sum = W.Bits >= 7
                    ? WideTrellis<W>(unit, sums[b], a, state + (64 * s), Vector512.Create((uint)eight))
                    : Trellis<W>(unit, sums[b], a, state + (64 * s), Vector512.Create((uint)eight));
                Avx512F.Store(dots + (16 * s), Avx512F.ConvertToVector512Single(sum));
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    /// <summary>A sub-group of a tile of at most 6 bits, whose codes have at most 7.</summary>
    private static Vector512<int> Trellis<W>(byte* unit, int total, sbyte* a, byte* state, Vector512<uint> eight)
        where W : struct, IWidth
    {
        var sum = Vector512.Create(-(total << W.Bits));
        var before = Avx512BW.LoadVector512(state);
        for (var u = 0; u < 2; u++)
        {
            GroupedCodes.Prefetch<ScalarTile<W>>(unit);
            var branch = Avx512BW.LoadVector512(unit + (64 * (W.Bits - 1)));
            Trellis512.Pairs(branch, before, eight, out var pairs, out var pairs1);
            before = branch;
            for (var step = 0; step < 2; step++)
            {
                Codes512.Load4<TrellisTile<W>>(unit, step, out var c0, out var c1, out var c2, out var c3);
                Trellis512.Join(pairs, ref c0, ref c1, ref c2, ref c3);
                sum = TrellisQuads4<W>(sum, c0, c1, c2, c3, a);
                pairs = pairs1;
                a += 16;
            }

            unit += 64 * W.Bits;
        }

        Avx512BW.Store(state, before);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> TrellisQuads4<W>(Vector512<int> sum, Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, sbyte* a)
        where W : struct, IWidth
    {
        var p0 = Avx512BW.MultiplyAddAdjacent(w0, Broadcast(a));
        var p1 = Avx512BW.MultiplyAddAdjacent(w1, Broadcast(a + 4));
        var p2 = Avx512BW.MultiplyAddAdjacent(w2, Broadcast(a + 8));
        var p3 = Avx512BW.MultiplyAddAdjacent(w3, Broadcast(a + 12));
        // Codes of W.Bits + 1 bits: as Fold has it.
        return W.Bits <= 4 ? Widen(sum, (p0 + p1) + (p2 + p3))
            : W.Bits == 5 ? Widen(Widen(sum, p0 + p1), p2 + p3)
            : Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3);
    }

    /// <summary>Widths 7 and 8, whose codes of 8 and 9 bits do not fit the multiplication: four times the upper bits, and the lower two.</summary>
    private static Vector512<int> WideTrellis<W>(byte* unit, int total, sbyte* a, byte* state, Vector512<uint> eight)
        where W : struct, IWidth
    {
        Vector512<int> high = Vector512<int>.Zero, low = Vector512.Create(-(total << W.Bits));
        var before = Avx512BW.LoadVector512(state);
        for (var u = 0; u < 2; u++)
        {
            GroupedCodes.Prefetch<ScalarTile<W>>(unit);
            var branch = Avx512BW.LoadVector512(unit + (64 * (W.Bits - 1)));
            Trellis512.Pairs(branch, before, eight, out var pairs, out var pairs1);
            before = branch;
            for (var step = 0; step < 2; step++)
            {
                Codes512.Load4<TrellisTile<W>>(unit, step, out var c0, out var c1, out var c2, out var c3);
                high = Quads4<TrellisTile<W>>(high, c0, c1, c2, c3, a);
                Trellis512.Split(pairs, out c0, out c1, out c2, out c3);
                low = TrellisQuads4<W2>(low, c0, c1, c2, c3, a);
                pairs = pairs1;
                a += 16;
            }

            unit += 64 * W.Bits;
        }

        Avx512BW.Store(state, before);
        return low + (high << 2);
    }

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        var branch = Avx512BW.LoadVector512(unit + (64 * (W.Bits - 1)));
        Trellis512.Pairs(branch, Avx512BW.LoadVector512(state), Vector512.Create((uint)eight), out var pairs, out var pairs1);
        Avx512BW.Store(state, branch);
        for (var step = 0; step < 2; step++)
        {
            Codes512.Load4<TrellisTile<W>>(unit, step, out var c0, out var c1, out var c2, out var c3);
            if (W.Bits < 8)
            {
                Trellis512.Join(pairs, ref c0, ref c1, ref c2, ref c3);
            }

            Store4(quads, c0, c1, c2, c3);
            if (W.Bits == 8)
            {
                Trellis512.Split(pairs, out c0, out c1, out c2, out c3);
                Store4(quads + TiledPanels.Bytes, c0, c1, c2, c3);
            }

            pairs = pairs1;
            quads += 256;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(byte* to, Vector512<byte> c0, Vector512<byte> c1, Vector512<byte> c2, Vector512<byte> c3)
    {
        Avx512BW.Store(to, c0);
        Avx512BW.Store(to + 64, c1);
        Avx512BW.Store(to + 128, c2);
        Avx512BW.Store(to + 192, c3);
    }
}
