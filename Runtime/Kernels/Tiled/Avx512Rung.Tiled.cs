using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct Avx512Rung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where W : struct, IWidth
    {
        var a = x.Codes;
        for (var b = 0; b < blocks; b++)
        {
            var scale = Vector512.Create(x.Scales[b]);
            for (var s = first; s < end; s++)
            {
                var sum = Start<ScalarTile<W>>(x.Sums[b]);
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

                Add(acc + (16 * s), sum, scale);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* acc, Vector512<int> dots, Vector512<float> scale) =>
        Avx512F.Store(acc, Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(dots), scale, Avx512F.LoadVector512(acc)));

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where W : struct, IWidth
    {
        var eightStates = Vector512.Create((uint)eight);
        var a = x.Codes;
        for (var b = 0; b < blocks; b++)
        {
            var scale = Vector512.Create(x.Scales[b]);
            for (var s = first; s < end; s++)
            {
                var unit = codes + (2 * 64 * W.Bits * s);
                var at = a;
                // Codes are n + 2^width; sums are kept four times.
                var sum = Vector512.Create(-(x.Sums[b] << (W.Bits + 2)));
                var before = Avx512BW.LoadVector512(state + (64 * s));
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(unit);
                    var branch = Avx512BW.LoadVector512(unit + (64 * (W.Bits - 1)));
                    Trellis512.Pairs(branch, before, eightStates, out var even, out var odd);
                    before = branch;
                    sum = TrellisQuads4<W>(sum, unit, 0, even, odd, at);
                    even = Avx512BW.ShiftRightLogical(even.AsUInt16(), 4).AsByte();
                    odd = Avx512BW.ShiftRightLogical(odd.AsUInt16(), 4).AsByte();
                    sum = TrellisQuads4<W>(sum, unit, 1, even, odd, at + 16);
                    at += 32;
                    unit += 64 * W.Bits;
                }

                Avx512BW.Store(state + (64 * s), before);
                Add(acc + (16 * s), sum >> 2, scale);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    /// <summary>Adds four times Σ (n + 2^width)·a of four quads. Pairs of products are added in int16 as far as they fit: (2^(width+1) − 1)·254 each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> TrellisQuads4<W>(Vector512<int> sum, byte* unit, int step, Vector512<byte> even, Vector512<byte> odd, sbyte* a)
        where W : struct, IWidth
    {
        Vector512<byte> c0, c1, c2, c3;
        if (W.Bits <= 4)
        {
            Trellis512.Narrow4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
            sum = Widen(sum, Avx512BW.MultiplyAddAdjacent(c0, Broadcast(a)) + Avx512BW.MultiplyAddAdjacent(c1, Broadcast(a + 4)), 4);
            Vector512<short> p2 = Avx512BW.MultiplyAddAdjacent(c2, Broadcast(a + 8)), p3 = Avx512BW.MultiplyAddAdjacent(c3, Broadcast(a + 12));
            return W.Bits <= 3 ? Widen(sum, p2 + p3, 1) : Widen(Widen(sum, p2, 1), p3, 1);
        }

        Trellis512.Wide4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        Vector512<short> q0 = Avx512BW.MultiplyAddAdjacent(c0, Broadcast(a)), q1 = Avx512BW.MultiplyAddAdjacent(c1, Broadcast(a + 4)), q2 = Avx512BW.MultiplyAddAdjacent(c2, Broadcast(a + 8)), q3 = Avx512BW.MultiplyAddAdjacent(c3, Broadcast(a + 12));
        if (W.Bits == 6)
        {
            return Widen(Widen(Widen(Widen(sum, q0, 4), q1, 4), q2, 4), q3, 4);
        }

        sum = Widen(Widen(sum, q0 + q1, 4), q2 + q3, 4);
        if (W.Bits >= 7)
        {
            Trellis512.Top4<W>(unit, step, out c0, out c1, out c2, out c3);
            sum = Widen(sum, Avx512BW.MultiplyAddAdjacent(c0, Broadcast(a)), 4 * 64);
            sum = Widen(sum, Avx512BW.MultiplyAddAdjacent(c1, Broadcast(a + 4)) + Avx512BW.MultiplyAddAdjacent(c2, Broadcast(a + 8)) + Avx512BW.MultiplyAddAdjacent(c3, Broadcast(a + 12)), 64);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<int> sum, Vector512<short> pairs, short factor) =>
        sum + Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(factor));

    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth
    {
        var branch = Avx512BW.LoadVector512(unit + (64 * (W.Bits - 1)));
        Trellis512.Pairs(branch, Avx512BW.LoadVector512(state), Vector512.Create((uint)eight), out var even, out var odd);
        Avx512BW.Store(state, branch);
        UnpackTrellis4<W>(unit, 0, even, odd, quads);
        even = Avx512BW.ShiftRightLogical(even.AsUInt16(), 4).AsByte();
        odd = Avx512BW.ShiftRightLogical(odd.AsUInt16(), 4).AsByte();
        UnpackTrellis4<W>(unit, 1, even, odd, quads + 256);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnpackTrellis4<W>(byte* unit, int step, Vector512<byte> even, Vector512<byte> odd, byte* quads)
        where W : struct, IWidth
    {
        Vector512<byte> c0, c1, c2, c3;
        if (W.Bits <= 4)
        {
            Trellis512.Narrow4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
            Store4(quads, c0, c1, Avx512BW.ShiftRightLogical(c2.AsUInt16(), 2).AsByte(), Avx512BW.ShiftRightLogical(c3.AsUInt16(), 2).AsByte());
            return;
        }

        Trellis512.Wide4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        if (W.Bits <= 6)
        {
            Store4(quads, c0, c1, c2, c3);
            return;
        }

        Trellis512.Top4<W>(unit, step, out var t0, out var t1, out var t2, out var t3);
        if (W.Bits == 8)
        {
            // 9 bits: the upper 7, and the lower 2 apart.
            var low = Vector512.Create((byte)3);
            Store4(quads + TiledPanels.Bytes, c0 & low, c1 & low, c2 & low, c3 & low);
            var four = Vector512.Create((byte)15);
            Store4(
                quads,
                (Avx512BW.ShiftRightLogical(c0.AsUInt16(), 2).AsByte() & four) | Avx512BW.ShiftLeftLogical(t0.AsUInt16(), 4).AsByte(),
                (Avx512BW.ShiftRightLogical(c1.AsUInt16(), 2).AsByte() & four) | Avx512BW.ShiftLeftLogical(t1.AsUInt16(), 2).AsByte(),
                (Avx512BW.ShiftRightLogical(c2.AsUInt16(), 2).AsByte() & four) | Avx512BW.ShiftLeftLogical(t2.AsUInt16(), 2).AsByte(),
                (Avx512BW.ShiftRightLogical(c3.AsUInt16(), 2).AsByte() & four) | Avx512BW.ShiftLeftLogical(t3.AsUInt16(), 2).AsByte());
            return;
        }

        Store4(
            quads,
            c0 | Avx512BW.ShiftLeftLogical(t0.AsUInt16(), 6).AsByte(),
            c1 | Avx512BW.ShiftLeftLogical(t1.AsUInt16(), 4).AsByte(),
            c2 | Avx512BW.ShiftLeftLogical(t2.AsUInt16(), 4).AsByte(),
            c3 | Avx512BW.ShiftLeftLogical(t3.AsUInt16(), 4).AsByte());
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
