using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Sixteen lanes in two 256-bit registers: lanes 0 … 7 and 8 … 15.</summary>
internal readonly unsafe struct Avx2Lanes(Vector256<float> low, Vector256<float> high) : ILanes<Avx2Lanes>
{
    public readonly Vector256<float> Low = low;
    public readonly Vector256<float> High = high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Broadcast(float value)
    {
        var v = Vector256.Create(value);
        return new(v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes LoadF16(ushort* source) => new(Widen(source), Widen(source + 8));

    // Sign and the 15 other bits moved into place; multiplying by 2^112 corrects the exponent's bias, exactly, subnormals included.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ushort* source)
    {
        var h = Avx2.ConvertToVector256Int32(source).AsUInt32();
        var magnitude = Vector256.ShiftLeft(h & Vector256.Create(0x7FFFu), 13);
        var sign = Vector256.ShiftLeft(h & Vector256.Create(0x8000u), 16);
        return ((magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32() | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes LoadBF16(ushort* source) => new(
        Vector256.ShiftLeft(Avx2.ConvertToVector256Int32(source), 16).AsSingle(),
        Vector256.ShiftLeft(Avx2.ConvertToVector256Int32(source + 8), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes LoadSByte(sbyte* source) => new(
        Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(source)),
        Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(source + 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes LoadPowerOfTwo(byte* source) => new(
        Exponents(Avx2.ConvertToVector256Int32(source)),
        Exponents(Avx2.ConvertToVector256Int32(source + 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Exponents(Vector256<int> e)
    {
        // Exponents below −126 are subnormal: 2^-128 and 2^-127.
        var subnormal = Vector256.ConditionalSelect(Vector256.Equals(e, Vector256<int>.Zero), Vector256.Create(0x0020_0000), Vector256.Create(0x0040_0000));
        return Vector256.ConditionalSelect(Vector256.LessThan(e, Vector256.Create(2)), subnormal, Vector256.ShiftLeft(e - Vector256<int>.One, 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes LoadByteOfDwords(byte* source, int index)
    {
        var mask = Vector256.Create(255u);
        return new(
            Avx.ConvertToVector256Single((Vector256.ShiftRightLogical(Vector256.Load((uint*)source), 8 * index) & mask).AsInt32()),
            Avx.ConvertToVector256Single((Vector256.ShiftRightLogical(Vector256.Load((uint*)source + 8), 8 * index) & mask).AsInt32()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Avx2Lanes value, float* target)
    {
        value.Low.Store(target);
        value.High.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Add(Avx2Lanes a, Avx2Lanes b) => new(a.Low + b.Low, a.High + b.High);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Subtract(Avx2Lanes a, Avx2Lanes b) => new(a.Low - b.Low, a.High - b.High);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Multiply(Avx2Lanes a, Avx2Lanes b) => new(a.Low * b.Low, a.High * b.High);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Divide(Avx2Lanes a, Avx2Lanes b) => new(a.Low / b.Low, a.High / b.High);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Madd(Avx2Lanes a, Avx2Lanes b, Avx2Lanes c) =>
        new(Fma.MultiplyAdd(a.Low, b.Low, c.Low), Fma.MultiplyAdd(a.High, b.High, c.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Max(Avx2Lanes a, Avx2Lanes b) => new(Avx.Max(a.Low, b.Low), Avx.Max(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Min(Avx2Lanes a, Avx2Lanes b) => new(Avx.Min(a.Low, b.Low), Avx.Min(a.High, b.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Abs(Avx2Lanes a) => new(Vector256.Abs(a.Low), Vector256.Abs(a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes SelectLess(Avx2Lanes a, Avx2Lanes b, Avx2Lanes x, Avx2Lanes y) => new(
        Vector256.ConditionalSelect(Vector256.LessThan(a.Low, b.Low), x.Low, y.Low),
        Vector256.ConditionalSelect(Vector256.LessThan(a.High, b.High), x.High, y.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Round(Avx2Lanes a) => new(Avx.RoundToNearestInteger(a.Low), Avx.RoundToNearestInteger(a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes PowerOfTwo(Avx2Lanes n)
    {
        var bias = Vector256.Create(127);
        return new(
            Vector256.ShiftLeft(Avx.ConvertToVector256Int32(n.Low) + bias, 23).AsSingle(),
            Vector256.ShiftLeft(Avx.ConvertToVector256Int32(n.High) + bias, 23).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSByte(Avx2Lanes value, sbyte* target)
    {
        var low = Avx.ConvertToVector256Int32(value.Low);
        var high = Avx.ConvertToVector256Int32(value.High);
        var words0 = Sse2.PackSignedSaturate(low.GetLower(), low.GetUpper());
        var words1 = Sse2.PackSignedSaturate(high.GetLower(), high.GetUpper());
        Sse2.PackSignedSaturate(words0, words1).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx2Lanes a) => SumOf8(a.Low + a.High);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Avx2Lanes a) => MaxOf8(Avx.Max(a.Low, a.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOf8(Vector256<float> v)
    {
        var four = v.GetLower() + v.GetUpper();
        var two = four + Sse.MoveHighToLow(four, four);
        return two.ToScalar() + two.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf8(Vector256<float> v)
    {
        var four = Sse.Max(v.GetLower(), v.GetUpper());
        var two = Sse.Max(four, Sse.MoveHighToLow(four, four));
        return Math.Max(two.ToScalar(), two.GetElement(1));
    }
}
