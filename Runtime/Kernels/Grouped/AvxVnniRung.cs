using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Integer dot products by vpdpbusd (AVX-VNNI): 4 products per int32 lane, no saturation.</summary>
internal unsafe struct AvxVnniRung : IDotRung<Avx2Lanes>
{
    public static int TileTokens => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* a) => Vector256.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> w, Vector256<sbyte> a) => AvxVnni.MultiplyWideningAndAdd(sum, w, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quads4<F>(byte* planes, sbyte* a, int first, ref Vector256<int> low, ref Vector256<int> high)
        where F : struct, IGroupedForm
    {
        var b = Broadcast(a);
        low = Dot(low, Codes256.Quad<F>(planes, first, 0), b);
        high = Dot(high, Codes256.Quad<F>(planes, first, 1), b);
        b = Broadcast(a + 4);
        low = Dot(low, Codes256.Quad<F>(planes, first + 1, 0), b);
        high = Dot(high, Codes256.Quad<F>(planes, first + 1, 1), b);
        b = Broadcast(a + 8);
        low = Dot(low, Codes256.Quad<F>(planes, first + 2, 0), b);
        high = Dot(high, Codes256.Quad<F>(planes, first + 2, 1), b);
        b = Broadcast(a + 12);
        low = Dot(low, Codes256.Quad<F>(planes, first + 3, 0), b);
        high = Dot(high, Codes256.Quad<F>(planes, first + 3, 1), b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Dot32<F>(byte* planes, sbyte* a, int sum)
        where F : struct, IGroupedForm
    {
        var low = Vector256.Create(-GroupedCodes.PanelOffset<F>() * sum);
        var high = low;
        Quads4<F>(planes, a, 0, ref low, ref high);
        Quads4<F>(planes, a + 16, 4, ref low, ref high);
        return new(Avx.ConvertToVector256Single(low), Avx.ConvertToVector256Single(high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dot16x2<F>(byte* planes, sbyte* a, int sum0, int sum1, out Avx2Lanes first, out Avx2Lanes second)
        where F : struct, IGroupedForm
    {
        var low = Vector256.Create(-GroupedCodes.PanelOffset<F>() * sum0);
        var high = low;
        Quads4<F>(planes, a, 0, ref low, ref high);
        first = new(Avx.ConvertToVector256Single(low), Avx.ConvertToVector256Single(high));
        low = Vector256.Create(-GroupedCodes.PanelOffset<F>() * sum1);
        high = low;
        Quads4<F>(planes, a + 16, 4, ref low, ref high);
        second = new(Avx.ConvertToVector256Single(low), Avx.ConvertToVector256Single(high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, IGroupedForm => Avx2Rung.Unpack<F>(planes, quads);

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, IGroupedForm
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
            var wLow = Vector256.Load(quads);
            var wHigh = Vector256.Load(quads + 32);
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

        Avx.ConvertToVector256Single(low0).Store(dots);
        Avx.ConvertToVector256Single(high0).Store(dots + 8);
        Avx.ConvertToVector256Single(low1).Store(dots + 16);
        Avx.ConvertToVector256Single(high1).Store(dots + 24);
        Avx.ConvertToVector256Single(low2).Store(dots + 32);
        Avx.ConvertToVector256Single(high2).Store(dots + 40);
        Avx.ConvertToVector256Single(low3).Store(dots + 48);
        Avx.ConvertToVector256Single(high3).Store(dots + 56);
    }
}
