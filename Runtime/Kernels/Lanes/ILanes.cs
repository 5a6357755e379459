namespace ModelPack.Kernels;

/// <summary>
/// Sixteen f32 lanes: the virtual register in which every float reduction of ModelPack runs, on every rung of the ladder.
/// Kernels are written once over this interface, so that all rungs compute the same expression in the same order and give
/// the same bits (DESIGN.md, decision 6). One struct per rung; adding an instruction set is one more struct.
/// </summary>
/// <remarks>
/// Only operations that IEEE 754 defines exactly (or integer ones) may be here: no reciprocal or rsqrt approximations.
/// A <c>Madd</c> is always fused. Inputs are finite; what a NaN does may differ from rung to rung.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Broadcast(float value);

    /// <summary>16 consecutive floats, any alignment.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>16 IEEE halves, widened exactly (finite values only).</summary>
    static abstract TSelf LoadF16(ushort* source);

    /// <summary>16 bfloat16, widened exactly.</summary>
    static abstract TSelf LoadBF16(ushort* source);

    /// <summary>16 signed bytes as floats.</summary>
    static abstract TSelf LoadSByte(sbyte* source);

    /// <summary>16 powers of two from biased exponents e: 2^(e − 128), exactly, the subnormal ones too.</summary>
    static abstract TSelf LoadPowerOfTwo(byte* source);

    /// <summary>Byte <paramref name="index"/> (0 … 3) of each of 16 little-endian dwords, as floats 0 … 255.</summary>
    static abstract TSelf LoadByteOfDwords(byte* source, int index);

    static abstract void Store(TSelf value, float* target);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>a·b + c with one rounding.</summary>
    static abstract TSelf Madd(TSelf a, TSelf b, TSelf c);

    /// <summary>a &gt; b ? a : b, so b where both are zeros of whatever sign.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>a &lt; b ? a : b.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);

    /// <summary>a &lt; b ? x : y, lane by lane.</summary>
    static abstract TSelf SelectLess(TSelf a, TSelf b, TSelf x, TSelf y);

    /// <summary>Nearest integer, ties to even; |a| below 2^22.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>2^n for integer-valued n in [−126, 127].</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>Integer-valued lanes in [−128, 127] as 16 signed bytes.</summary>
    static abstract void StoreSByte(TSelf value, sbyte* target);

    /// <summary>Sum of the lanes by the one fixed tree: halves of 8, 4, 2, 1 added pairwise.</summary>
    static abstract float Sum(TSelf a);

    /// <summary>Largest lane; where that is a zero, its sign may differ from rung to rung.</summary>
    static abstract float MaxOf(TSelf a);
}

/// <summary>Helpers over <see cref="ILanes{TSelf}"/> that every rung shares.</summary>
internal static unsafe class Lanes
{
    public const int Count = 16;

    /// <summary>The first <paramref name="count"/> (1 … 15) floats, the other lanes 0.</summary>
    public static L LoadPartial<L>(float* source, int count)
        where L : struct, ILanes<L>
    {
        var buffer = stackalloc float[Count];
        for (var i = 0; i < Count; i++)
        {
            buffer[i] = i < count ? source[i] : 0f;
        }

        return L.Load(buffer);
    }

    /// <summary>Stores the first <paramref name="count"/> (1 … 15) lanes.</summary>
    public static void StorePartial<L>(L value, float* target, int count)
        where L : struct, ILanes<L>
    {
        var buffer = stackalloc float[Count];
        L.Store(value, buffer);
        for (var i = 0; i < count; i++)
        {
            target[i] = buffer[i];
        }
    }

    /// <summary>
    /// e^x: x = n·ln2 + r with |r| ≤ ln2/2 (two-part ln2), a polynomial of degree 7 in r (the Taylor series, relative error below 2e-8
    /// there), then the exponent. 0 below −87, saturated above 88. Monotone enough for softmax; error below 2 ulp.
    /// </summary>
    public static L Exp<L>(L x)
        where L : struct, ILanes<L>
    {
        var low = L.Broadcast(-87f);
        var clamped = L.Min(L.Max(x, low), L.Broadcast(88f));
        var n = L.Round(L.Multiply(clamped, L.Broadcast(1.44269504f)));
        var r = L.Madd(n, L.Broadcast(-0.693359375f), clamped);
        r = L.Madd(n, L.Broadcast(2.12194440e-4f), r);
        var p = L.Broadcast(1f / 5040f);
        p = L.Madd(p, r, L.Broadcast(1f / 720f));
        p = L.Madd(p, r, L.Broadcast(1f / 120f));
        p = L.Madd(p, r, L.Broadcast(1f / 24f));
        p = L.Madd(p, r, L.Broadcast(1f / 6f));
        p = L.Madd(p, r, L.Broadcast(0.5f));
        p = L.Madd(p, r, L.Broadcast(1f));
        p = L.Madd(p, r, L.Broadcast(1f));
        return L.SelectLess(x, low, L.Broadcast(0f), L.Multiply(p, L.PowerOfTwo(n)));
    }
}
