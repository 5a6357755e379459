using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Trellis codes of a unit in 512-bit registers. Bytes 4r … 4r+3 are columns 4q … 4q+3 of row r, bit q of each belonging to quad q.</summary>
internal static unsafe class Trellis512
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
    public static void Pairs(Vector512<byte> branch, Vector512<byte> before, Vector512<uint> eight, out Vector512<byte> pairs0, out Vector512<byte> pairs1)
    {
        // b_(j−4): one quad back, the last quad of the unit before coming in. 0xF8: a | (b & c).
        var back4 = Avx512F.TernaryLogic(
            Avx512BW.Add(branch, branch), Avx512BW.ShiftRightLogical(before.AsUInt16(), 7).AsByte(), Vector512.Create((byte)1), 0xF8).AsUInt32();
        var b0 = branch.AsUInt32();
        // Columns are bytes: b_(j−k) are the bytes k places up, those of the quad before coming in from below.
        var b1 = Avx512F.Or(Avx512F.ShiftLeftLogical(b0, 8), Avx512F.ShiftRightLogical(back4, 24));
        var b2 = Avx512F.Or(Avx512F.ShiftLeftLogical(b0, 16), Avx512F.ShiftRightLogical(back4, 16));
        var b3 = Avx512F.Or(Avx512F.ShiftLeftLogical(b0, 24), Avx512F.ShiftRightLogical(back4, 8));
        // 0x78: a ^ (b & c).
        var low = Avx512F.TernaryLogic(Avx512F.Xor(b0, b2), b3, eight, 0x78).AsByte();
        var nibble = Vector512.Create((byte)15);
        // Bit i of a nibble to bit 2i, and to bit 2i + 1.
        var t = Vector128.Create((byte)0, 1, 4, 5, 16, 17, 20, 21, 64, 65, 68, 69, 80, 81, 84, 85);
        var even = Vector512.Create(Vector256.Create(t, t), Vector256.Create(t, t));
        var odd = Avx512BW.Add(even, even);
        pairs0 = Avx512F.Or(Avx512BW.Shuffle(even, Avx512F.And(b1.AsByte(), nibble)), Avx512BW.Shuffle(odd, Avx512F.And(low, nibble)));
        pairs1 = Avx512F.Or(
            Avx512BW.Shuffle(even, Avx512F.And(Avx512F.ShiftRightLogical(b1, 4).AsByte(), nibble)),
            Avx512BW.Shuffle(odd, Avx512F.And(Avx512F.ShiftRightLogical(low.AsUInt32(), 4).AsByte(), nibble)));
    }

    /// <summary>Codes 4·high + pair of four quads; high codes of at most 6 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Join(Vector512<byte> pairs, ref Vector512<byte> c0, ref Vector512<byte> c1, ref Vector512<byte> c2, ref Vector512<byte> c3)
    {
        var two = Vector512.Create((byte)3);
        var p = pairs.AsUInt16();
        // 0xF8: a | (b & c).
        c0 = Avx512F.TernaryLogic(Avx512BW.ShiftLeftLogical(c0.AsUInt16(), 2).AsByte(), pairs, two, 0xF8);
        c1 = Avx512F.TernaryLogic(Avx512BW.ShiftLeftLogical(c1.AsUInt16(), 2).AsByte(), Avx512BW.ShiftRightLogical(p, 2).AsByte(), two, 0xF8);
        c2 = Avx512F.TernaryLogic(Avx512BW.ShiftLeftLogical(c2.AsUInt16(), 2).AsByte(), Avx512BW.ShiftRightLogical(p, 4).AsByte(), two, 0xF8);
        c3 = Avx512F.TernaryLogic(Avx512BW.ShiftLeftLogical(c3.AsUInt16(), 2).AsByte(), Avx512BW.ShiftRightLogical(p, 6).AsByte(), two, 0xF8);
    }

    /// <summary>The pairs alone, quad by quad.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split(Vector512<byte> pairs, out Vector512<byte> c0, out Vector512<byte> c1, out Vector512<byte> c2, out Vector512<byte> c3)
    {
        var two = Vector512.Create((byte)3);
        var p = pairs.AsUInt16();
        c0 = Avx512F.And(pairs, two);
        c1 = Avx512F.And(Avx512BW.ShiftRightLogical(p, 2).AsByte(), two);
        c2 = Avx512F.And(Avx512BW.ShiftRightLogical(p, 4).AsByte(), two);
        c3 = Avx512F.And(Avx512BW.ShiftRightLogical(p, 6).AsByte(), two);
    }
}
