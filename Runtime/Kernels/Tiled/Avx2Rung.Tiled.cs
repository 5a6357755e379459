using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct Avx2Rung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where W : struct, IWidth
    {
        var a = x.Codes;
        for (var b = 0; b < blocks; b++)
        {
            var scale = Vector256.Create(x.Scales[b]);
            for (var s = first; s < end; s++)
            {
                Vector256<int> low = Start<ScalarTile<W>>(x.Sums[b]), high = low;
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

                Add(acc + (16 * s), low, scale);
                Add(acc + (16 * s) + 8, high, scale);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* acc, Vector256<int> dots, Vector256<float> scale) =>
        Avx.Store(acc, Fma.MultiplyAdd(Avx.ConvertToVector256Single(dots), scale, Avx.LoadVector256(acc)));

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where W : struct, IWidth
    {
        var eightStates = Vector256.Create((uint)eight);
        var a = x.Codes;
        for (var b = 0; b < blocks; b++)
        {
            var scale = Vector256.Create(x.Scales[b]);
            // Halves of 8 rows.
            for (var h = 2 * first; h < 2 * end; h++)
            {
                var unit = codes + (2 * 64 * W.Bits * (h >> 1)) + (32 * (h & 1));
                var at = a;
                // Codes are n + 2^width; sums are kept four times.
                var sum = Vector256.Create(-(x.Sums[b] << (W.Bits + 2)));
                var before = Avx.LoadVector256(state + (32 * h));
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(unit);
                    var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
                    Trellis256.Pairs(branch, before, eightStates, out var even, out var odd);
                    before = branch;
                    sum = TrellisQuads4<W>(sum, unit, 0, even, odd, at);
                    even = Avx2.ShiftRightLogical(even.AsUInt16(), 4).AsByte();
                    odd = Avx2.ShiftRightLogical(odd.AsUInt16(), 4).AsByte();
                    sum = TrellisQuads4<W>(sum, unit, 1, even, odd, at + 16);
                    at += 32;
                    unit += 64 * W.Bits;
                }

                Avx.Store(state + (32 * h), before);
                Add(acc + (8 * h), sum >> 2, scale);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    /// <summary>Adds four times Σ (n + 2^width)·a of four quads. Pairs of products are added in int16 as far as they fit: (2^(width+1) − 1)·254 each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> TrellisQuads4<W>(Vector256<int> sum, byte* unit, int step, Vector256<byte> even, Vector256<byte> odd, sbyte* a)
        where W : struct, IWidth
    {
        Vector256<byte> c0, c1, c2, c3;
        if (W.Bits <= 4)
        {
            Trellis256.Narrow4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
            sum = Widen(sum, Avx2.MultiplyAddAdjacent(c0, Broadcast(a)) + Avx2.MultiplyAddAdjacent(c1, Broadcast(a + 4)), 4);
            Vector256<short> p2 = Avx2.MultiplyAddAdjacent(c2, Broadcast(a + 8)), p3 = Avx2.MultiplyAddAdjacent(c3, Broadcast(a + 12));
            return W.Bits <= 3 ? Widen(sum, p2 + p3, 1) : Widen(Widen(sum, p2, 1), p3, 1);
        }

        Trellis256.Wide4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        Vector256<short> q0 = Avx2.MultiplyAddAdjacent(c0, Broadcast(a)), q1 = Avx2.MultiplyAddAdjacent(c1, Broadcast(a + 4)), q2 = Avx2.MultiplyAddAdjacent(c2, Broadcast(a + 8)), q3 = Avx2.MultiplyAddAdjacent(c3, Broadcast(a + 12));
        if (W.Bits == 6)
        {
            return Widen(Widen(Widen(Widen(sum, q0, 4), q1, 4), q2, 4), q3, 4);
        }

        sum = Widen(Widen(sum, q0 + q1, 4), q2 + q3, 4);
        if (W.Bits >= 7)
        {
            Trellis256.Top4<W>(unit, step, out c0, out c1, out c2, out c3);
            sum = Widen(sum, Avx2.MultiplyAddAdjacent(c0, Broadcast(a)), 4 * 64);
            sum = Widen(sum, Avx2.MultiplyAddAdjacent(c1, Broadcast(a + 4)) + Avx2.MultiplyAddAdjacent(c2, Broadcast(a + 8)) + Avx2.MultiplyAddAdjacent(c3, Broadcast(a + 12)), 64);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(Vector256<int> sum, Vector256<short> pairs, short factor) =>
        sum + Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(factor));

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        for (var half = 0; half < 2; half++)
        {
            var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
            Trellis256.Pairs(branch, Avx.LoadVector256(state), Vector256.Create((uint)eight), out var even, out var odd);
            Avx.Store(state, branch);
            UnpackTrellis4<W>(unit, 0, even, odd, quads);
            even = Avx2.ShiftRightLogical(even.AsUInt16(), 4).AsByte();
            odd = Avx2.ShiftRightLogical(odd.AsUInt16(), 4).AsByte();
            UnpackTrellis4<W>(unit, 1, even, odd, quads + 256);
            unit += 32;
            quads += 32;
            state += 32;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnpackTrellis4<W>(byte* unit, int step, Vector256<byte> even, Vector256<byte> odd, byte* quads)
        where W : struct, IWidth
    {
        Vector256<byte> c0, c1, c2, c3;
        if (W.Bits <= 4)
        {
            Trellis256.Narrow4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
            Store4(quads, c0, c1, Avx2.ShiftRightLogical(c2.AsUInt16(), 2).AsByte(), Avx2.ShiftRightLogical(c3.AsUInt16(), 2).AsByte());
            return;
        }

        Trellis256.Wide4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        if (W.Bits <= 6)
        {
            Store4(quads, c0, c1, c2, c3);
            return;
        }

        Trellis256.Top4<W>(unit, step, out var t0, out var t1, out var t2, out var t3);
        if (W.Bits == 8)
        {
            // 9 bits: the upper 7, and the lower 2 apart.
            var low = Vector256.Create((byte)3);
            Store4(quads + TiledPanels.Bytes, c0 & low, c1 & low, c2 & low, c3 & low);
            var four = Vector256.Create((byte)15);
            Store4(
                quads,
                (Avx2.ShiftRightLogical(c0.AsUInt16(), 2).AsByte() & four) | Avx2.ShiftLeftLogical(t0.AsUInt16(), 4).AsByte(),
                (Avx2.ShiftRightLogical(c1.AsUInt16(), 2).AsByte() & four) | Avx2.ShiftLeftLogical(t1.AsUInt16(), 2).AsByte(),
                (Avx2.ShiftRightLogical(c2.AsUInt16(), 2).AsByte() & four) | Avx2.ShiftLeftLogical(t2.AsUInt16(), 2).AsByte(),
                (Avx2.ShiftRightLogical(c3.AsUInt16(), 2).AsByte() & four) | Avx2.ShiftLeftLogical(t3.AsUInt16(), 2).AsByte());
            return;
        }

        Store4(
            quads,
            c0 | Avx2.ShiftLeftLogical(t0.AsUInt16(), 6).AsByte(),
            c1 | Avx2.ShiftLeftLogical(t1.AsUInt16(), 4).AsByte(),
            c2 | Avx2.ShiftLeftLogical(t2.AsUInt16(), 4).AsByte(),
            c3 | Avx2.ShiftLeftLogical(t3.AsUInt16(), 4).AsByte());
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
