using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Integer dot products by vpdpbusd (AVX-VNNI): 4 products per int32 lane, no saturation.</summary>
internal unsafe partial struct AvxVnniRung : ITiledRung
{
    public static int TileTokens => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* a) => Vector256.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> w, Vector256<sbyte> a) => AvxVnni.MultiplyWideningAndAdd(sum, w, a);

    public static void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        var offset = -GroupedCodes.PanelOffset<F>();
        for (var u = 0; u < units; u++)
        {
            GroupedCodes.Prefetch<F>(rowGroup);
            rowGroup += GroupedCodes.HeaderBytes<F>(u);
            var low = Vector256.Create(offset * (F.GroupColumns == 16 ? sums[0] : sums[0] + sums[1]));
            var high = low;
            for (var step = 0; step < 2; step++)
            {
                Codes256.Load4<F>(rowGroup, step, 0, out var c0, out var c1, out var c2, out var c3);
                Codes256.Load4<F>(rowGroup, step, 1, out var d0, out var d1, out var d2, out var d3);
                var b = Broadcast(a);
                low = Dot(low, c0, b);
                high = Dot(high, d0, b);
                b = Broadcast(a + 4);
                low = Dot(low, c1, b);
                high = Dot(high, d1, b);
                b = Broadcast(a + 8);
                low = Dot(low, c2, b);
                high = Dot(high, d2, b);
                b = Broadcast(a + 12);
                low = Dot(low, c3, b);
                high = Dot(high, d3, b);
                a += 16;
                if (F.GroupColumns == 16 && step == 0)
                {
                    Avx.Store(dots, Avx.ConvertToVector256Single(low));
                    Avx.Store(dots + 8, Avx.ConvertToVector256Single(high));
                    dots += 16;
                    low = high = Vector256.Create(offset * sums[1]);
                }
            }

            Avx.Store(dots, Avx.ConvertToVector256Single(low));
            Avx.Store(dots + 8, Avx.ConvertToVector256Single(high));
            dots += 16;
            sums += 2;
            rowGroup += 64 * F.CodeBits;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, ICodeForm => Avx2Rung.Unpack<F>(planes, quads);

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, ICodeForm
    {
        var offset = -GroupedCodes.PanelOffset<F>();
        var low0 = Vector256.Create(offset * sums[0]);
        var low1 = Vector256.Create(offset * sums[1]);
        var low2 = Vector256.Create(offset * sums[2]);
        var low3 = Vector256.Create(offset * sums[3]);
        Vector256<int> high0 = low0, high1 = low1, high2 = low2, high3 = low3;
        sbyte* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
        for (var q = 0; q < quadCount; q++)
        {
            var wLow = Avx.LoadVector256(quads);
            var wHigh = Avx.LoadVector256(quads + 32);
            var b = Broadcast(a);
            low0 = Dot(low0, wLow, b);
            high0 = Dot(high0, wHigh, b);
            b = Broadcast(a1);
            low1 = Dot(low1, wLow, b);
            high1 = Dot(high1, wHigh, b);
            b = Broadcast(a2);
            low2 = Dot(low2, wLow, b);
            high2 = Dot(high2, wHigh, b);
            b = Broadcast(a3);
            low3 = Dot(low3, wLow, b);
            high3 = Dot(high3, wHigh, b);
            quads += 64;
            a += 4;
            a1 += 4;
            a2 += 4;
            a3 += 4;
        }

        Avx.Store(dots, Avx.ConvertToVector256Single(low0));
        Avx.Store(dots + 8, Avx.ConvertToVector256Single(high0));
        Avx.Store(dots + 16, Avx.ConvertToVector256Single(low1));
        Avx.Store(dots + 24, Avx.ConvertToVector256Single(high1));
        Avx.Store(dots + 32, Avx.ConvertToVector256Single(low2));
        Avx.Store(dots + 40, Avx.ConvertToVector256Single(high2));
        Avx.Store(dots + 48, Avx.ConvertToVector256Single(low3));
        Avx.Store(dots + 56, Avx.ConvertToVector256Single(high3));
    }
}
