using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct AvxVnniRung
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
                Vector256<int> low = Vector256.Create(-(x.Sums[b] << (W.Bits - 1))), high = low;
                var planes = codes + (2 * 64 * W.Bits * s);
                var at = a;
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(planes);
                    for (var step = 0; step < 2; step++)
                    {
                        Codes256.Load4<ScalarTile<W>>(planes, step, 0, out var c0, out var c1, out var c2, out var c3);
                        low = Dot4(low, c0, c1, c2, c3, at);
                        Codes256.Load4<ScalarTile<W>>(planes, step, 1, out c0, out c1, out c2, out c3);
                        high = Dot4(high, c0, c1, c2, c3, at);
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
    private static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> c0, Vector256<byte> c1, Vector256<byte> c2, Vector256<byte> c3, sbyte* a) =>
        Dot(Dot(Dot(Dot(sum, c0, Broadcast(a)), c1, Broadcast(a + 4)), c2, Broadcast(a + 8)), c3, Broadcast(a + 12));

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
                Vector256<int> sum = Vector256.Create(-(x.Sums[b] << W.Bits)), sumUp = Vector256<int>.Zero, top = sumUp, topUp = sumUp;
                var before = Avx.LoadVector256(state + (32 * h));
                for (var u = 0; u < 2; u++)
                {
                    GroupedCodes.Prefetch<ScalarTile<W>>(unit);
                    var branch = Avx.LoadVector256(unit + (64 * (W.Bits - 1)));
                    Trellis256.Pairs(branch, before, eightStates, out var even, out var odd);
                    before = branch;
                    TrellisQuads4<W>(ref sum, ref sumUp, ref top, ref topUp, unit, 0, even, odd, at);
                    even = Avx2.ShiftRightLogical(even.AsUInt16(), 4).AsByte();
                    odd = Avx2.ShiftRightLogical(odd.AsUInt16(), 4).AsByte();
                    TrellisQuads4<W>(ref sum, ref sumUp, ref top, ref topUp, unit, 1, even, odd, at + 16);
                    at += 32;
                    unit += 64 * W.Bits;
                }

                Avx.Store(state + (32 * h), before);
                sum = W.Bits <= 4 ? sum + (sumUp >> 2) : W.Bits <= 6 ? sum + sumUp : (sum + sumUp) + ((top << 6) + (topUp << 4));
                Add(acc + (8 * h), sum, scale);
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
        }
    }

    /// <summary>Adds the products of four quads: codes as <see cref="Trellis256"/> gives them, those that are four times their value to the sums with Up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TrellisQuads4<W>(ref Vector256<int> sum, ref Vector256<int> sumUp, ref Vector256<int> top, ref Vector256<int> topUp, byte* unit, int step, Vector256<byte> even, Vector256<byte> odd, sbyte* a)
        where W : struct, IWidth
    {
        Vector256<byte> c0, c1, c2, c3;
        if (W.Bits <= 4)
        {
            Trellis256.Narrow4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        }
        else
        {
            Trellis256.Wide4<W>(unit, step, even, odd, out c0, out c1, out c2, out c3);
        }

        sum = Dot(Dot(sum, c0, Broadcast(a)), c1, Broadcast(a + 4));
        sumUp = Dot(Dot(sumUp, c2, Broadcast(a + 8)), c3, Broadcast(a + 12));
        if (W.Bits >= 7)
        {
            Trellis256.Top4<W>(unit, step, out c0, out c1, out c2, out c3);
            top = Dot(top, c0, Broadcast(a));
            topUp = Dot(Dot(Dot(topUp, c1, Broadcast(a + 4)), c2, Broadcast(a + 8)), c3, Broadcast(a + 12));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth => Avx2Rung.UnpackTrellis<W>(unit, quads, state, eight);
}
