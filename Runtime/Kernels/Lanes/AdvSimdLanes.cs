using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelPack.Kernels;

/// <summary>Sixteen lanes in four 128-bit registers.</summary>
internal readonly unsafe struct AdvSimdLanes(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) : ILanes<AdvSimdLanes>
{
    public readonly Vector128<float> A = a;
    public readonly Vector128<float> B = b;
    public readonly Vector128<float> C = c;
    public readonly Vector128<float> D = d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Broadcast(float value)
    {
        var v = Vector128.Create(value);
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Load(float* source) =>
        new(Vector128.Load(source), Vector128.Load(source + 4), Vector128.Load(source + 8), Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes LoadF16(ushort* source)
    {
        var (w0, w1) = Vector128.Widen(Vector128.Load(source));
        var (w2, w3) = Vector128.Widen(Vector128.Load(source + 8));
        return new(Half(w0), Half(w1), Half(w2), Half(w3));
    }

    // Sign and the 15 other bits moved into place; multiplying by 2^112 corrects the exponent's bias, exactly, subnormals included.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Half(Vector128<uint> h)
    {
        var magnitude = Vector128.ShiftLeft(h & Vector128.Create(0x7FFFu), 13);
        var sign = Vector128.ShiftLeft(h & Vector128.Create(0x8000u), 16);
        return ((magnitude.AsSingle() * Vector128.Create(5.192296858534828e33f)).AsUInt32() | sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes LoadBF16(ushort* source)
    {
        var (w0, w1) = Vector128.Widen(Vector128.Load(source));
        var (w2, w3) = Vector128.Widen(Vector128.Load(source + 8));
        return new(
            Vector128.ShiftLeft(w0, 16).AsSingle(), Vector128.ShiftLeft(w1, 16).AsSingle(),
            Vector128.ShiftLeft(w2, 16).AsSingle(), Vector128.ShiftLeft(w3, 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes LoadSByte(sbyte* source)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(source));
        var (w0, w1) = Vector128.Widen(low);
        var (w2, w3) = Vector128.Widen(high);
        return new(
            AdvSimd.ConvertToSingle(w0), AdvSimd.ConvertToSingle(w1),
            AdvSimd.ConvertToSingle(w2), AdvSimd.ConvertToSingle(w3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes LoadPowerOfTwo(byte* source)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(source));
        var (w0, w1) = Vector128.Widen(low);
        var (w2, w3) = Vector128.Widen(high);
        return new(Exponents(w0), Exponents(w1), Exponents(w2), Exponents(w3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Exponents(Vector128<uint> e)
    {
        // Exponents below −126 are subnormal: 2^-128 and 2^-127.
        var subnormal = Vector128.ConditionalSelect(Vector128.Equals(e, Vector128<uint>.Zero), Vector128.Create(0x0020_0000u), Vector128.Create(0x0040_0000u));
        return Vector128.ConditionalSelect(Vector128.LessThan(e, Vector128.Create(2u)), subnormal, Vector128.ShiftLeft(e - Vector128<uint>.One, 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes LoadByteOfDwords(byte* source, int index)
    {
        var p = (uint*)source;
        return new(Byte(p, index), Byte(p + 4, index), Byte(p + 8, index), Byte(p + 12, index));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Byte(uint* source, int index) => AdvSimd.ConvertToSingle(
        (Vector128.ShiftRightLogical(Vector128.Load(source), 8 * index) & Vector128.Create(255u)).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(AdvSimdLanes value, float* target)
    {
        value.A.Store(target);
        value.B.Store(target + 4);
        value.C.Store(target + 8);
        value.D.Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Add(AdvSimdLanes x, AdvSimdLanes y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Subtract(AdvSimdLanes x, AdvSimdLanes y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Multiply(AdvSimdLanes x, AdvSimdLanes y) => new(x.A * y.A, x.B * y.B, x.C * y.C, x.D * y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Divide(AdvSimdLanes x, AdvSimdLanes y) => new(x.A / y.A, x.B / y.B, x.C / y.C, x.D / y.D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Madd(AdvSimdLanes x, AdvSimdLanes y, AdvSimdLanes z) => new(
        AdvSimd.FusedMultiplyAdd(z.A, x.A, y.A), AdvSimd.FusedMultiplyAdd(z.B, x.B, y.B),
        AdvSimd.FusedMultiplyAdd(z.C, x.C, y.C), AdvSimd.FusedMultiplyAdd(z.D, x.D, y.D));

    // Not fmax and fmin, which order −0 below +0: x64's maxps and the scalar rung return the second operand where the two are equal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Max(AdvSimdLanes x, AdvSimdLanes y) => SelectLess(y, x, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Min(AdvSimdLanes x, AdvSimdLanes y) => SelectLess(x, y, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Abs(AdvSimdLanes x) => new(AdvSimd.Abs(x.A), AdvSimd.Abs(x.B), AdvSimd.Abs(x.C), AdvSimd.Abs(x.D));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes SelectLess(AdvSimdLanes p, AdvSimdLanes q, AdvSimdLanes x, AdvSimdLanes y) => new(
        Vector128.ConditionalSelect(Vector128.LessThan(p.A, q.A), x.A, y.A),
        Vector128.ConditionalSelect(Vector128.LessThan(p.B, q.B), x.B, y.B),
        Vector128.ConditionalSelect(Vector128.LessThan(p.C, q.C), x.C, y.C),
        Vector128.ConditionalSelect(Vector128.LessThan(p.D, q.D), x.D, y.D));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes Round(AdvSimdLanes x) => new(
        AdvSimd.RoundToNearest(x.A), AdvSimd.RoundToNearest(x.B), AdvSimd.RoundToNearest(x.C), AdvSimd.RoundToNearest(x.D));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AdvSimdLanes PowerOfTwo(AdvSimdLanes n) => new(Power(n.A), Power(n.B), Power(n.C), Power(n.D));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Power(Vector128<float> n) =>
        Vector128.ShiftLeft(AdvSimd.ConvertToInt32RoundToEven(n) + Vector128.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSByte(AdvSimdLanes value, sbyte* target)
    {
        var words0 = Vector128.Narrow(AdvSimd.ConvertToInt32RoundToEven(value.A), AdvSimd.ConvertToInt32RoundToEven(value.B));
        var words1 = Vector128.Narrow(AdvSimd.ConvertToInt32RoundToEven(value.C), AdvSimd.ConvertToInt32RoundToEven(value.D));
        Vector128.Narrow(words0, words1).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(AdvSimdLanes x)
    {
        // (0…7) + (8…15), then halves of 4, 2, 1: the tree of the other rungs.
        var four = (x.A + x.C) + (x.B + x.D);
        var two = four.GetLower() + four.GetUpper();
        return two.GetElement(0) + two.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(AdvSimdLanes x)
    {
        var four = AdvSimd.Max(AdvSimd.Max(x.A, x.C), AdvSimd.Max(x.B, x.D));
        return AdvSimd.Arm64.MaxAcross(four).ToScalar();
    }
}
