using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Trellis codes of half a unit (8 rows) in 256-bit registers. Bytes 4r … 4r+3 are columns 4q … 4q+3 of row r, bit q of each belonging to quad q.</summary>
internal static unsafe class Trellis256
{
    /// <summary>
    /// The lower two bits of the unit's codes, 2·lsb + b_(j−1): bits 2q, 2q+1 of <paramref name="pairs0"/> for quads 0 … 3, of <paramref name="pairs1"/> for quads 4 … 7.
    /// </summary>
    /// <param name="branch">b_j.</param>
    /// <param name="before">b_j of the unit before.</param>
    /// <param name="eight">All ones for 8 states, zeros for 4.</param>
    /// <param name="pairs0">Result.</param>
    /// <param name="pairs1">Result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pairs(Vector256<byte> branch, Vector256<byte> before, Vector256<uint> eight, out Vector256<byte> pairs0, out Vector256<byte> pairs1)
    {
        // b_(j−4): one quad back, the last quad of the unit before coming in.
        var back4 = Avx2.Or(
            Avx2.Add(branch, branch), Avx2.And(Avx2.ShiftRightLogical(before.AsUInt16(), 7).AsByte(), Vector256.Create((byte)1))).AsUInt32();
        var b0 = branch.AsUInt32();
        // Columns are bytes: b_(j−k) are the bytes k places up, those of the quad before coming in from below.
        var b1 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 8), Avx2.ShiftRightLogical(back4, 24));
        var b2 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 16), Avx2.ShiftRightLogical(back4, 16));
        var b3 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 24), Avx2.ShiftRightLogical(back4, 8));
        var low = Avx2.Xor(Avx2.Xor(b0, b2), Avx2.And(b3, eight)).AsByte();
        var nibble = Vector256.Create((byte)15);
        // Bit i of a nibble to bit 2i, and to bit 2i + 1.
        var t = Vector128.Create((byte)0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85);
        var even = Vector256.Create(t, t);
        var odd = Avx2.Add(even, even);
        pairs0 = Avx2.Or(Avx2.Shuffle(even, Avx2.And(b1.AsByte(), nibble)), Avx2.Shuffle(odd, Avx2.And(low, nibble)));
        pairs1 = Avx2.Or(
            Avx2.Shuffle(even, Avx2.And(Avx2.ShiftRightLogical(b1, 4).AsByte(), nibble)),
            Avx2.Shuffle(odd, Avx2.And(Avx2.ShiftRightLogical(low.AsUInt32(), 4).AsByte(), nibble)));
    }

    /// <summary>Codes 4·high + pair of four quads; high codes of at most 6 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Join(Vector256<byte> pairs, ref Vector256<byte> c0, ref Vector256<byte> c1, ref Vector256<byte> c2, ref Vector256<byte> c3)
    {
        var two = Vector256.Create((byte)3);
        var p = pairs.AsUInt16();
        c0 = Avx2.Or(Avx2.ShiftLeftLogical(c0.AsUInt16(), 2).AsByte(), Avx2.And(pairs, two));
        c1 = Avx2.Or(Avx2.ShiftLeftLogical(c1.AsUInt16(), 2).AsByte(), Avx2.And(Avx2.ShiftRightLogical(p, 2).AsByte(), two));
        c2 = Avx2.Or(Avx2.ShiftLeftLogical(c2.AsUInt16(), 2).AsByte(), Avx2.And(Avx2.ShiftRightLogical(p, 4).AsByte(), two));
        c3 = Avx2.Or(Avx2.ShiftLeftLogical(c3.AsUInt16(), 2).AsByte(), Avx2.And(Avx2.ShiftRightLogical(p, 6).AsByte(), two));
    }

    /// <summary>The pairs alone, quad by quad.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(Vector256<byte> pairs, out Vector256<byte> c0, out Vector256<byte> c1, out Vector256<byte> c2, out Vector256<byte> c3)
    {
        var two = Vector256.Create((byte)3);
        var p = pairs.AsUInt16();
        c0 = Avx2.And(pairs, two);
        c1 = Avx2.And(Avx2.ShiftRightLogical(p, 2).AsByte(), two);
        c2 = Avx2.And(Avx2.ShiftRightLogical(p, 4).AsByte(), two);
        c3 = Avx2.And(Avx2.ShiftRightLogical(p, 6).AsByte(), two);
    }
}
