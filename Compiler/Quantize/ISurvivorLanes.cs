using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Quantize;

/// <summary>What the rounding needs of 16 lanes beyond <see cref="ILanes{TSelf}"/>: survivors that change places, table look-ups.</summary>
/// <typeparam name="L">The lanes.</typeparam>
internal unsafe interface ISurvivorLanes<L>
    where L : struct, ILanes<L>
{
    /// <summary>Columns of the lazy update whose sums are held in registers: 8 or 4.</summary>
    static abstract int UpdateColumns { get; }

    /// <summary>Lane l gets lane <paramref name="source"/>[l], an integer in the bits of a float; source and target lie in the same half of eight lanes.</summary>
    static abstract L Permute(L values, L source);

    /// <summary><paramref name="table"/>[index] for integer-valued lanes.</summary>
    static abstract L Gather(float* table, L index);

    /// <summary>Bit l: a &lt; b in lane l.</summary>
    static abstract uint LessMask(L a, L b);

    /// <summary>Integer-valued lanes within short.</summary>
    static abstract void StoreShort(L values, short* target);
}

internal readonly unsafe struct Survivors512 : ISurvivorLanes<Avx512Lanes>
{
    public static int UpdateColumns => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Permute(Avx512Lanes values, Avx512Lanes source) => new(Avx512F.PermuteVar16x32(values.V, source.V.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Gather(float* table, Avx512Lanes index)
    {
        var i = Avx512F.ConvertToVector512Int32(index.V);
        return new(Vector512.Create(Avx2.GatherVector256(table, i.GetLower(), 4), Avx2.GatherVector256(table, i.GetUpper(), 4)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LessMask(Avx512Lanes a, Avx512Lanes b) => (uint)Vector512.LessThan(a.V, b.V).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShort(Avx512Lanes values, short* target) => Avx512F.ConvertToVector256Int16(Avx512F.ConvertToVector512Int32(values.V)).Store(target);
}

internal readonly unsafe struct Survivors256 : ISurvivorLanes<Avx2Lanes>
{
    public static int UpdateColumns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Permute(Avx2Lanes values, Avx2Lanes source) =>
        new(Avx2.PermuteVar8x32(values.Low, source.Low.AsInt32()), Avx2.PermuteVar8x32(values.High, source.High.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Gather(float* table, Avx2Lanes index) => new(
        Avx2.GatherVector256(table, Avx.ConvertToVector256Int32(index.Low), 4),
        Avx2.GatherVector256(table, Avx.ConvertToVector256Int32(index.High), 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LessMask(Avx2Lanes a, Avx2Lanes b) =>
        Vector256.LessThan(a.Low, b.Low).ExtractMostSignificantBits() | (Vector256.LessThan(a.High, b.High).ExtractMostSignificantBits() << 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShort(Avx2Lanes values, short* target)
    {
        var packed = Avx2.PackSignedSaturate(Avx.ConvertToVector256Int32(values.Low), Avx.ConvertToVector256Int32(values.High));
        Avx2.Permute4x64(packed.AsInt64(), 0b11_01_10_00).AsInt16().Store(target);
    }
}

/// <summary>Through memory: for every other rung, and the reference of the two above.</summary>
internal readonly unsafe struct PlainSurvivors<L> : ISurvivorLanes<L>
    where L : struct, ILanes<L>
{
    public static int UpdateColumns => 4;

    public static L Permute(L values, L source)
    {
        float* v = stackalloc float[16], s = stackalloc float[16], r = stackalloc float[16];
        L.Store(values, v);
        L.Store(source, s);
        for (var l = 0; l < 16; l++)
        {
            r[l] = v[(l & 8) | (((int*)s)[l] & 7)];
        }

        return L.Load(r);
    }

    public static L Gather(float* table, L index)
    {
        var v = stackalloc float[16];
        L.Store(index, v);
        for (var l = 0; l < 16; l++)
        {
            v[l] = table[(int)v[l]];
        }

        return L.Load(v);
    }

    public static uint LessMask(L a, L b)
    {
        float* x = stackalloc float[16], y = stackalloc float[16];
        L.Store(a, x);
        L.Store(b, y);
        uint mask = 0;
        for (var l = 0; l < 16; l++)
        {
            mask |= x[l] < y[l] ? 1u << l : 0;
        }

        return mask;
    }

    public static void StoreShort(L values, short* target)
    {
        var v = stackalloc float[16];
        L.Store(values, v);
        for (var l = 0; l < 16; l++)
        {
            target[l] = (short)(int)v[l];
        }
    }
}
