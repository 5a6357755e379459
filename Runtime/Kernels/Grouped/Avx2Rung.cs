using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>
/// Integer dot products by vpmaddubsw: pairs of products in int16, as many of them added there as cannot overflow, then widened by vpmaddwd.
/// With activations in [−127, 127] a pair of b-bit codes reaches 2·(2^b − 1)·127. Bytes of 8 bits would saturate: they are taken as
/// |value| · (±activation), at most 2·128·127 = 32512.
/// </summary>
internal unsafe partial struct Avx2Rung : ITiledRung
{
    public static int TileTokens => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* a) => Vector256.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs<F>(Vector256<byte> w, Vector256<sbyte> a)
        where F : struct, ICodeForm
    {
        if (GroupedCodes.PanelBits<F>() == 8)
        {
            var value = (w ^ Vector256.Create((byte)0x80)).AsSByte();
            return Avx2.MultiplyAddAdjacent(Avx2.Abs(value), Avx2.Sign(a, value));
        }

        return Avx2.MultiplyAddAdjacent(w, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(Vector256<int> sum, Vector256<short> pairs) =>
        sum + Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fold<F>(Vector256<int> sum, Vector256<short> p0, Vector256<short> p1, Vector256<short> p2, Vector256<short> p3)
        where F : struct, ICodeForm => GroupedCodes.PanelBits<F>() switch
        {
            <= 5 => Widen(sum, (p0 + p1) + (p2 + p3)), // 4 · 7874 < 32768
            6 => Widen(Widen(sum, p0 + p1), p2 + p3), // 2 · 16002
            _ => Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3),
        };

    // Bytes of 8 bits are multiplied as signed values: their offset is already in.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Start<F>(int sum)
        where F : struct, ICodeForm =>
        GroupedCodes.PanelBits<F>() == 8 ? Vector256<int>.Zero : Vector256.Create(-F.Offset * sum);

    public static void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        for (var u = 0; u < units; u++)
        {
            GroupedCodes.Prefetch<F>(rowGroup);
            rowGroup += GroupedCodes.HeaderBytes<F>(u);
            var low = Start<F>(F.GroupColumns == 16 ? sums[0] : sums[0] + sums[1]);
            var high = low;
            for (var step = 0; step < 2; step++)
            {
                Vector256<sbyte> b0 = Broadcast(a), b1 = Broadcast(a + 4), b2 = Broadcast(a + 8), b3 = Broadcast(a + 12);
                Codes256.Load4<F>(rowGroup, step, 0, out var c0, out var c1, out var c2, out var c3);
                low = Fold<F>(low, Pairs<F>(c0, b0), Pairs<F>(c1, b1), Pairs<F>(c2, b2), Pairs<F>(c3, b3));
                Codes256.Load4<F>(rowGroup, step, 1, out c0, out c1, out c2, out c3);
                high = Fold<F>(high, Pairs<F>(c0, b0), Pairs<F>(c1, b1), Pairs<F>(c2, b2), Pairs<F>(c3, b3));
                a += 16;
                if (F.GroupColumns == 16 && step == 0)
                {
                    Avx.Store(dots, Avx.ConvertToVector256Single(low));
                    Avx.Store(dots + 8, Avx.ConvertToVector256Single(high));
                    dots += 16;
                    low = high = Start<F>(sums[1]);
                }
            }

            Avx.Store(dots, Avx.ConvertToVector256Single(low));
            Avx.Store(dots + 8, Avx.ConvertToVector256Single(high));
            dots += 16;
            sums += 2;
            rowGroup += 64 * F.CodeBits;
        }
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, ICodeForm
    {
        for (var step = 0; step < 2; step++)
        {
            for (var half = 0; half < 2; half++)
            {
                Codes256.Load4<F>(planes, step, half, out var c0, out var c1, out var c2, out var c3);
                var to = quads + (256 * step) + (32 * half);
                Avx.Store(to, c0);
                Avx.Store(to + 64, c1);
                Avx.Store(to + 128, c2);
                Avx.Store(to + 192, c3);
            }
        }
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, ICodeForm
    {
        Vector256<int> low0 = Start<F>(sums[0]), low1 = Start<F>(sums[1]);
        Vector256<int> high0 = low0, high1 = low1;
        var a1 = a + stride;
        for (var q = 0; q < quadCount; q += 4)
        {
            low0 = PanelQuads4<F>(low0, quads, a);
            high0 = PanelQuads4<F>(high0, quads + 32, a);
            low1 = PanelQuads4<F>(low1, quads, a1);
            high1 = PanelQuads4<F>(high1, quads + 32, a1);
            quads += 256;
            a += 16;
            a1 += 16;
        }

        Avx.Store(dots, Avx.ConvertToVector256Single(low0));
        Avx.Store(dots + 8, Avx.ConvertToVector256Single(high0));
        Avx.Store(dots + 16, Avx.ConvertToVector256Single(low1));
        Avx.Store(dots + 24, Avx.ConvertToVector256Single(high1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> PanelQuads4<F>(Vector256<int> sum, byte* quads, sbyte* a)
        where F : struct, ICodeForm => Fold<F>(
            sum,
            Pairs<F>(Avx.LoadVector256(quads), Broadcast(a)),
            Pairs<F>(Avx.LoadVector256(quads + 64), Broadcast(a + 4)),
            Pairs<F>(Avx.LoadVector256(quads + 128), Broadcast(a + 8)),
            Pairs<F>(Avx.LoadVector256(quads + 192), Broadcast(a + 12)));
}
