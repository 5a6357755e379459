using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>
/// Integer dot products by the 512-bit vpmaddubsw, as <see cref="Avx2Rung"/> does with 256 bits (.NET 10 has no 512-bit VNNI).
/// </summary>
internal unsafe partial struct Avx512Rung : ITiledRung
{
    public static int TileTokens => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Broadcast(sbyte* a) => Vector512.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs<F>(Vector512<byte> w, Vector512<sbyte> a)
        where F : struct, ICodeForm
    {
        if (GroupedCodes.PanelBits<F>() == 8)
        {
            // |value| · (±a): AVX-512 has no vpsignb; where value < 0 the activation is negated under a mask.
            var value = (w ^ Vector512.Create((byte)0x80)).AsSByte();
            var signed = Vector512.ConditionalSelect(Vector512.LessThan(value, Vector512<sbyte>.Zero), -a, a);
            return Avx512BW.MultiplyAddAdjacent(Avx512BW.Abs(value), signed);
        }

        return Avx512BW.MultiplyAddAdjacent(w, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<int> sum, Vector512<short> pairs) =>
        sum + Avx512BW.MultiplyAddAdjacent(pairs, Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Fold<F>(Vector512<int> sum, Vector512<short> p0, Vector512<short> p1, Vector512<short> p2, Vector512<short> p3)
        where F : struct, ICodeForm => GroupedCodes.PanelBits<F>() switch
        {
            <= 5 => Widen(sum, (p0 + p1) + (p2 + p3)), // 4 · 7874 < 32768
            6 => Widen(Widen(sum, p0 + p1), p2 + p3), // 2 · 16002
            _ => Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Start<F>(int sum)
        where F : struct, ICodeForm =>
        GroupedCodes.PanelBits<F>() == 8 ? Vector512<int>.Zero : Vector512.Create(-F.Offset * sum);

    public static void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        for (var u = 0; u < units; u++)
        {
            GroupedCodes.Prefetch<F>(rowGroup);
            rowGroup += GroupedCodes.HeaderBytes<F>(u);
            var sum = Start<F>(F.GroupColumns == 16 ? sums[0] : sums[0] + sums[1]);
            for (var step = 0; step < 2; step++)
            {
                Codes512.Load4<F>(rowGroup, step, out var c0, out var c1, out var c2, out var c3);
                sum = Quads4<F>(sum, c0, c1, c2, c3, a);
                a += 16;
                if (F.GroupColumns == 16 && step == 0)
                {
                    Avx512F.Store(dots, Avx512F.ConvertToVector512Single(sum));
                    dots += 16;
                    sum = Start<F>(sums[1]);
                }
            }

            Avx512F.Store(dots, Avx512F.ConvertToVector512Single(sum));
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
            Codes512.Load4<F>(planes, step, out var c0, out var c1, out var c2, out var c3);
            Avx512BW.Store(quads, c0);
            Avx512BW.Store(quads + 64, c1);
            Avx512BW.Store(quads + 128, c2);
            Avx512BW.Store(quads + 192, c3);
            quads += 256;
        }
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, ICodeForm
    {
        Vector512<int> s0 = Start<F>(sums[0]), s1 = Start<F>(sums[1]), s2 = Start<F>(sums[2]), s3 = Start<F>(sums[3]);
        sbyte* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
        for (var q = 0; q < quadCount; q += 4)
        {
            Vector512<byte> w0 = Avx512BW.LoadVector512(quads), w1 = Avx512BW.LoadVector512(quads + 64), w2 = Avx512BW.LoadVector512(quads + 128), w3 = Avx512BW.LoadVector512(quads + 192);
            s0 = Quads4<F>(s0, w0, w1, w2, w3, a);
            s1 = Quads4<F>(s1, w0, w1, w2, w3, a1);
            s2 = Quads4<F>(s2, w0, w1, w2, w3, a2);
            s3 = Quads4<F>(s3, w0, w1, w2, w3, a3);
            quads += 256;
            a += 16;
            a1 += 16;
            a2 += 16;
            a3 += 16;
        }

        Avx512F.Store(dots, Avx512F.ConvertToVector512Single(s0));
        Avx512F.Store(dots + 16, Avx512F.ConvertToVector512Single(s1));
        Avx512F.Store(dots + 32, Avx512F.ConvertToVector512Single(s2));
        Avx512F.Store(dots + 48, Avx512F.ConvertToVector512Single(s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Quads4<F>(Vector512<int> sum, Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, sbyte* a)
        where F : struct, ICodeForm => Fold<F>(
            sum,
            Pairs<F>(w0, Broadcast(a)),
            Pairs<F>(w1, Broadcast(a + 4)),
            Pairs<F>(w2, Broadcast(a + 8)),
            Pairs<F>(w3, Broadcast(a + 12)));
}
