using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>
/// Integer dot products by vpmaddubsw: pairs of products in int16, as many of them added there as cannot overflow, then widened by vpmaddwd.
/// With activations in [−127, 127] a pair of b-bit codes reaches 2·(2^b − 1)·127. Bytes of 8 bits would saturate: they are taken as
/// |value| · (±activation), at most 2·128·127 = 32512.
/// </summary>
internal unsafe struct Avx2Rung : IDotRung<Avx2Lanes>
{
    public static int TileTokens => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* a) => Vector256.Create(*(int*)a).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs<F>(Vector256<byte> w, Vector256<sbyte> a)
        where F : struct, IGroupedForm
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

    /// <summary>Σ over the four quads from <paramref name="first"/> on, added to <paramref name="sum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Quads4<F>(Vector256<int> sum, byte* planes, int first, int half, Vector256<sbyte> b0, Vector256<sbyte> b1, Vector256<sbyte> b2, Vector256<sbyte> b3)
        where F : struct, IGroupedForm
    {
        var p0 = Pairs<F>(Codes256.Quad<F>(planes, first, half), b0);
        var p1 = Pairs<F>(Codes256.Quad<F>(planes, first + 1, half), b1);
        var p2 = Pairs<F>(Codes256.Quad<F>(planes, first + 2, half), b2);
        var p3 = Pairs<F>(Codes256.Quad<F>(planes, first + 3, half), b3);
        return Fold<F>(sum, p0, p1, p2, p3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fold<F>(Vector256<int> sum, Vector256<short> p0, Vector256<short> p1, Vector256<short> p2, Vector256<short> p3)
        where F : struct, IGroupedForm => GroupedCodes.PanelBits<F>() switch
        {
            <= 5 => Widen(sum, (p0 + p1) + (p2 + p3)), // 4 · 7874 < 32768
            6 => Widen(Widen(sum, p0 + p1), p2 + p3), // 2 · 16002
            _ => Widen(Widen(Widen(Widen(sum, p0), p1), p2), p3),
        };

    // Bytes of 8 bits are multiplied as signed values: their offset is already in.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Start<F>(int sum)
        where F : struct, IGroupedForm =>
        GroupedCodes.PanelBits<F>() == 8 ? Vector256<int>.Zero : Vector256.Create(-F.Offset * sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Dot32<F>(byte* planes, sbyte* a, int sum)
        where F : struct, IGroupedForm
    {
        Vector256<sbyte> b0 = Broadcast(a), b1 = Broadcast(a + 4), b2 = Broadcast(a + 8), b3 = Broadcast(a + 12);
        var low = Quads4<F>(Start<F>(sum), planes, 0, 0, b0, b1, b2, b3);
        var high = Quads4<F>(Start<F>(sum), planes, 0, 1, b0, b1, b2, b3);
        b0 = Broadcast(a + 16);
        b1 = Broadcast(a + 20);
        b2 = Broadcast(a + 24);
        b3 = Broadcast(a + 28);
        low = Quads4<F>(low, planes, 4, 0, b0, b1, b2, b3);
        high = Quads4<F>(high, planes, 4, 1, b0, b1, b2, b3);
        return new(Avx.ConvertToVector256Single(low), Avx.ConvertToVector256Single(high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dot16x2<F>(byte* planes, sbyte* a, int sum0, int sum1, out Avx2Lanes first, out Avx2Lanes second)
        where F : struct, IGroupedForm
    {
        Vector256<sbyte> b0 = Broadcast(a), b1 = Broadcast(a + 4), b2 = Broadcast(a + 8), b3 = Broadcast(a + 12);
        first = new(
            Avx.ConvertToVector256Single(Quads4<F>(Start<F>(sum0), planes, 0, 0, b0, b1, b2, b3)),
            Avx.ConvertToVector256Single(Quads4<F>(Start<F>(sum0), planes, 0, 1, b0, b1, b2, b3)));
        b0 = Broadcast(a + 16);
        b1 = Broadcast(a + 20);
        b2 = Broadcast(a + 24);
        b3 = Broadcast(a + 28);
        second = new(
            Avx.ConvertToVector256Single(Quads4<F>(Start<F>(sum1), planes, 4, 0, b0, b1, b2, b3)),
            Avx.ConvertToVector256Single(Quads4<F>(Start<F>(sum1), planes, 4, 1, b0, b1, b2, b3)));
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, IGroupedForm
    {
        for (var half = 0; half < 2; half++)
        {
            var to = quads + (32 * half);
            Codes256.Quad<F>(planes, 0, half).Store(to);
            Codes256.Quad<F>(planes, 1, half).Store(to + 64);
            Codes256.Quad<F>(planes, 2, half).Store(to + 128);
            Codes256.Quad<F>(planes, 3, half).Store(to + 192);
            Codes256.Quad<F>(planes, 4, half).Store(to + 256);
            Codes256.Quad<F>(planes, 5, half).Store(to + 320);
            Codes256.Quad<F>(planes, 6, half).Store(to + 384);
            Codes256.Quad<F>(planes, 7, half).Store(to + 448);
        }
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, IGroupedForm
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

        Avx.ConvertToVector256Single(low0).Store(dots);
        Avx.ConvertToVector256Single(high0).Store(dots + 8);
        Avx.ConvertToVector256Single(low1).Store(dots + 16);
        Avx.ConvertToVector256Single(high1).Store(dots + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> PanelQuads4<F>(Vector256<int> sum, byte* quads, sbyte* a)
        where F : struct, IGroupedForm => Fold<F>(
            sum,
            Pairs<F>(Vector256.Load(quads), Broadcast(a)),
            Pairs<F>(Vector256.Load(quads + 64), Broadcast(a + 4)),
            Pairs<F>(Vector256.Load(quads + 128), Broadcast(a + 8)),
            Pairs<F>(Vector256.Load(quads + 192), Broadcast(a + 12)));
}
