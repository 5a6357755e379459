using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Entropy;

/// <summary>Shuffles of 16 bytes, words handed out by a table of shuffles.</summary>
internal readonly unsafe struct Avx2Planes : IPlaneLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Look(byte* planes, Vector256<byte> index, Vector256<byte> place, out Vector256<byte> b0, out Vector256<byte> b1, out Vector256<byte> b2, out Vector256<byte> b3)
    {
        // A shuffle gives zero where an index's topmost bit is set: for all but a sixteenth's own.
        var out16 = Vector256.Create((byte)0x70);
        var i0 = Avx2.AddSaturate(index, out16);
        var i1 = Avx2.AddSaturate(Avx2.Xor(index, Vector256.Create((byte)16)), out16);
        var i2 = Avx2.AddSaturate(Avx2.Xor(index, Vector256.Create((byte)32)), out16);
        var i3 = Avx2.AddSaturate(Avx2.Xor(index, Vector256.Create((byte)48)), out16);
        var divider = Pick(planes, i0, i1, i2, i3);
        var isSecond = Avx2.CompareEqual(Avx2.Max(place, divider), place);
        b0 = Avx2.BlendVariable(Pick(planes + 64, i0, i1, i2, i3), Pick(planes + 320, i0, i1, i2, i3), isSecond);
        b1 = Avx2.BlendVariable(Pick(planes + 128, i0, i1, i2, i3), Pick(planes + 384, i0, i1, i2, i3), isSecond);
        b2 = Avx2.BlendVariable(Pick(planes + 192, i0, i1, i2, i3), Pick(planes + 448, i0, i1, i2, i3), isSecond);
        b3 = Avx2.BlendVariable(Pick(planes + 256, i0, i1, i2, i3), Pick(planes + 512, i0, i1, i2, i3), isSecond);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort* Next(uint* to, Vector256<uint> x, ushort* words, byte* spread)
    {
        var need = Avx2.CompareEqual(Avx2.ShiftRightLogical(x, 16), Vector256<uint>.Zero);
        var mask = Avx.MoveMask(need.AsSingle());
        Avx.Store(to, Avx2Rans.Refill(x, need, words, spread + (16 * mask)));
        return words + BitOperations.PopCount((uint)mask);
    }

    /// <summary>Lanes' bytes out of 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pick(byte* plane, Vector256<byte> i0, Vector256<byte> i1, Vector256<byte> i2, Vector256<byte> i3) => Avx2.Or(
        Avx2.Or(Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(plane), i0), Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(plane + 16), i1)),
        Avx2.Or(Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(plane + 32), i2), Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(plane + 48), i3)));
}
