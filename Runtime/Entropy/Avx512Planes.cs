using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>
/// <see cref="Avx2PlaneRans"/> with AVX-512 VBMI: a plane of 64 bytes is one permutation. Of 32 lanes at a time: two chains of dependent instructions hide each other's latency, which all 64 lanes as one would wait for.
/// </summary>
internal readonly unsafe struct Avx512Planes : IPlaneLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Look(byte* planes, Vector256<byte> index, Vector256<byte> place, out Vector256<byte> b0, out Vector256<byte> b1, out Vector256<byte> b2, out Vector256<byte> b3)
    {
        // Lanes above 31 are never looked at.
        var wide = index.ToVector512Unsafe();
        var isSecond = Avx512BW.VL.CompareGreaterThanOrEqual(place, Pick(planes, wide));
        b0 = Avx512BW.VL.BlendVariable(Pick(planes + 64, wide), Pick(planes + 320, wide), isSecond);
        b1 = Avx512BW.VL.BlendVariable(Pick(planes + 128, wide), Pick(planes + 384, wide), isSecond);
        b2 = Avx512BW.VL.BlendVariable(Pick(planes + 192, wide), Pick(planes + 448, wide), isSecond);
        b3 = Avx512BW.VL.BlendVariable(Pick(planes + 256, wide), Pick(planes + 512, wide), isSecond);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort* Next(uint* to, Vector256<uint> x, ushort* words, byte* spread)
    {
        var need = Avx512F.VL.CompareLessThan(x, Vector256.Create(RansFormat.LowerBound));
        var next = Avx2.ConvertToVector256Int32(Sse2.LoadVector128(words)).AsUInt32();
        Avx.Store(to, Avx2.Or(Avx512F.VL.BlendVariable(x, Avx2.ShiftLeftLogical(x, 16), need), Avx512F.VL.Expand(Vector256<uint>.Zero, need, next)));
        return words + System.Numerics.BitOperations.PopCount(need.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pick(byte* plane, Vector512<byte> index) => Avx512Vbmi.PermuteVar64x8(Avx512F.LoadVector512(plane), index).GetLower();
}
