using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>
/// Integer dot products by the 512-bit vpmaddubsw, as <see cref="Avx2Rung"/> does with 256 bits (.NET 10 has no 512-bit VNNI).
/// </summary>
internal unsafe struct Avx512Rung : IDotRung<Avx512Lanes>
{
    public static int TileTokens => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Broadcast(sbyte* a) => Vector512.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs<F>(Vector512<byte> w, Vector512<sbyte> a)
        where F : struct, IGroupedForm
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
        where F : struct, IGroupedForm => GroupedCodes.PanelBits<F>() switch
        {
            <= 5 => Widen(sum, (p0 + p1) + (p2 + p3)), // 4 · 7874 < 32768
            6 => Widen(Widen(sum, p0 + p1), p2 + p3), // 2 · 16002
            _ => Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Start<F>(int sum)
        where F : struct, IGroupedForm =>
        GroupedCodes.PanelBits<F>() == 8 ? Vector512<int>.Zero : Vector512.Create(-F.Offset * sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Quads4<F>(Vector512<int> sum, byte* planes, int first, sbyte* a)
        where F : struct, IGroupedForm => Fold<F>(
            sum,
            Pairs<F>(Codes512.Quad<F>(planes, first), Broadcast(a)),
            Pairs<F>(Codes512.Quad<F>(planes, first + 1), Broadcast(a + 4)),
            Pairs<F>(Codes512.Quad<F>(planes, first + 2), Broadcast(a + 8)),
            Pairs<F>(Codes512.Quad<F>(planes, first + 3), Broadcast(a + 12)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Dot32<F>(byte* planes, sbyte* a, int sum)
        where F : struct, IGroupedForm =>
        new(Avx512F.ConvertToVector512Single(Quads4<F>(Quads4<F>(Start<F>(sum), planes, 0, a), planes, 4, a + 16)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dot16x2<F>(byte* planes, sbyte* a, int sum0, int sum1, out Avx512Lanes first, out Avx512Lanes second)
        where F : struct, IGroupedForm
    {
        first = new(Avx512F.ConvertToVector512Single(Quads4<F>(Start<F>(sum0), planes, 0, a)));
        second = new(Avx512F.ConvertToVector512Single(Quads4<F>(Start<F>(sum1), planes, 4, a + 16)));
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, IGroupedForm
    {
        Codes512.Quad<F>(planes, 0).Store(quads);
        Codes512.Quad<F>(planes, 1).Store(quads + 64);
        Codes512.Quad<F>(planes, 2).Store(quads + 128);
        Codes512.Quad<F>(planes, 3).Store(quads + 192);
        Codes512.Quad<F>(planes, 4).Store(quads + 256);
        Codes512.Quad<F>(planes, 5).Store(quads + 320);
        Codes512.Quad<F>(planes, 6).Store(quads + 384);
        Codes512.Quad<F>(planes, 7).Store(quads + 448);
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        Vector512<int> s0 = Start<F>(sums[0]), s1 = Start<F>(sums[1]), s2 = Start<F>(sums[2]), s3 = Start<F>(sums[3]);
        sbyte* a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
        for (var q = 0; q < quadCount; q += 4)
        {
            Vector512<byte> w0 = Vector512.Load(quads), w1 = Vector512.Load(quads + 64), w2 = Vector512.Load(quads + 128), w3 = Vector512.Load(quads + 192);
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

        Avx512F.ConvertToVector512Single(s0).Store(dots);
        Avx512F.ConvertToVector512Single(s1).Store(dots + 16);
        Avx512F.ConvertToVector512Single(s2).Store(dots + 32);
        Avx512F.ConvertToVector512Single(s3).Store(dots + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Quads4<F>(Vector512<int> sum, Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, sbyte* a)
        where F : struct, IGroupedForm => Fold<F>(
            sum,
            Pairs<F>(w0, Broadcast(a)),
            Pairs<F>(w1, Broadcast(a + 4)),
            Pairs<F>(w2, Broadcast(a + 8)),
            Pairs<F>(w3, Broadcast(a + 12)));
}
