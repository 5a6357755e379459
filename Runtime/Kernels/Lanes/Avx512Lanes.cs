using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Sixteen lanes in one 512-bit register.</summary>
internal readonly unsafe struct Avx512Lanes(Vector512<float> v) : ILanes<Avx512Lanes>
{
    public readonly Vector512<float> V = v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes LoadF16(ushort* source)
    {
        // Sign and the 15 other bits moved into place; multiplying by 2^112 corrects the exponent's bias, exactly, subnormals included.
        var h = Avx512F.ConvertToVector512UInt32(Vector256.Load(source));
        var magnitude = Vector512.ShiftLeft(h & Vector512.Create(0x7FFFu), 13);
        var sign = Vector512.ShiftLeft(h & Vector512.Create(0x8000u), 16);
        return new(((magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32() | sign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes LoadBF16(ushort* source) =>
        new(Vector512.ShiftLeft(Avx512F.ConvertToVector512UInt32(Vector256.Load(source)), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes LoadSByte(sbyte* source) =>
        new(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(source))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes LoadPowerOfTwo(byte* source)
    {
        var e = Avx512F.ConvertToVector512UInt32(Vector128.Load(source));
        // Exponents below −126 are subnormal: 2^-128 and 2^-127.
        var subnormal = Vector512.ConditionalSelect(Vector512.Equals(e, Vector512<uint>.Zero), Vector512.Create(0x0020_0000u), Vector512.Create(0x0040_0000u));
        var normal = Vector512.ShiftLeft(e - Vector512<uint>.One, 23);
        return new(Vector512.ConditionalSelect(Vector512.LessThan(e.AsInt32(), Vector512.Create(2)).AsUInt32(), subnormal, normal).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes LoadByteOfDwords(byte* source, int index)
    {
        var d = Vector512.Load((uint*)source);
        return new(Avx512F.ConvertToVector512Single((Vector512.ShiftRightLogical(d, 8 * index) & Vector512.Create(255u)).AsInt32()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Avx512Lanes value, float* target) => value.V.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Add(Avx512Lanes a, Avx512Lanes b) => new(a.V + b.V);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Subtract(Avx512Lanes a, Avx512Lanes b) => new(a.V - b.V);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Multiply(Avx512Lanes a, Avx512Lanes b) => new(a.V * b.V);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Divide(Avx512Lanes a, Avx512Lanes b) => new(a.V / b.V);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Madd(Avx512Lanes a, Avx512Lanes b, Avx512Lanes c) => new(Avx512F.FusedMultiplyAdd(a.V, b.V, c.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Max(Avx512Lanes a, Avx512Lanes b) => new(Avx512F.Max(a.V, b.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Min(Avx512Lanes a, Avx512Lanes b) => new(Avx512F.Min(a.V, b.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Abs(Avx512Lanes a) => new(Vector512.Abs(a.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes SelectLess(Avx512Lanes a, Avx512Lanes b, Avx512Lanes x, Avx512Lanes y) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a.V, b.V), x.V, y.V));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Round(Avx512Lanes a) => new(Avx512F.RoundScale(a.V, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes PowerOfTwo(Avx512Lanes n) =>
        new(Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(n.V) + Vector512.Create(127), 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSByte(Avx512Lanes value, sbyte* target) =>
        Avx512F.ConvertToVector128SByte(Avx512F.ConvertToVector512Int32(value.V)).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx512Lanes a) => Avx2Lanes.SumOf8(a.V.GetLower() + a.V.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Avx512Lanes a) => Avx2Lanes.MaxOf8(Avx.Max(a.V.GetLower(), a.V.GetUpper()));
}
