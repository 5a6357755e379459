using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

internal unsafe partial struct AvxVnniRung
{
    public static void DotTiles<W>(byte* codes, int first, int end, int blocks, sbyte* a, int* sums, float* dots)
        where W : struct, IWidth
    {
        for (var b = 0; b < blocks; b++)
        {
            for (var s = first; s < end; s++)
            {
                Vector256<int> low = Vector256.Create(-(sums[b] << (W.Bits - 1))), high = low;
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

                Avx.Store(dots + (16 * s), Avx.ConvertToVector256Single(low));
                Avx.Store(dots + (16 * s) + 8, Avx.ConvertToVector256Single(high));
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> c0, Vector256<byte> c1, Vector256<byte> c2, Vector256<byte> c3, sbyte* a) =>
        Dot(Dot(Dot(Dot(sum, c0, Broadcast(a)), c1, Broadcast(a + 4)), c2, Broadcast(a + 8)), c3, Broadcast(a + 12));

    public static void DotTrellis<W>(byte* codes, int first, int end, int blocks, sbyte* a, int* sums, float* dots, byte* state, int eight)
        where W : struct, IWidth
    {
        for (var b = 0; b < blocks; b++)
        {
            // Halves of 8 rows.
            for (var h = 2 * first; h < 2 * end; h++)
            {
                var unit = codes + (2 * 64 * W.Bits * (h >> 1)) + (32 * (h & 1));
                Avx.Store(dots + (8 * h), Avx.ConvertToVector256Single(Trellis<W>(unit, sums[b], a, state + (32 * h), Vector256.Create((uint)eight))));
            }

            codes += TiledLayout.TileBytes(W.Bits);
            a += TiledLayout.BlockColumns;
            dots += TiledLayout.GroupRows;
        }
    }

    /// <summary>Half a sub-group of a tile; at width 8 the codes of 9 bits are taken as four times the upper bits, and the lower two.</summary>
    private static Vector256<int> Trellis<W>(byte* unit, int total, sbyte* a, byte* state, Vector256<uint> eight)
        where W : struct, IWidth
    {
        Vector256<int> sum = Vector256.Create(-(total << W.Bits)), high = Vector256<int>.Zero;
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
                if (W.Bits == 8)
                {
                    high = Dot4(high, c0, c1, c2, c3, a);
                    Trellis256.Split(pairs, out c0, out c1, out c2, out c3);
                }
                else
                {
                    Trellis256.Join(pairs, ref c0, ref c1, ref c2, ref c3);
                }

                sum = Dot4(sum, c0, c1, c2, c3, a);
                pairs = pairs1;
                a += 16;
            }

            unit += 64 * W.Bits;
        }

        Avx.Store(state, before);
        return W.Bits == 8 ? sum + (high << 2) : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth => Avx2Rung.UnpackTrellis<W>(unit, quads, state, eight);
}
