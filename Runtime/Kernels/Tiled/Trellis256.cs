using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>
/// Trellis codes of half a unit (8 rows) in 256-bit registers. Bytes 4r … 4r+3 are columns 4q … 4q+3 of row r.
/// </summary>
/// <remarks>
/// What a processor spends on a trellis is putting bits of several planes side by side. So fields stay where their plane has them as far as products allow:
/// some codes come out 2 bits up, four times their value, and are weighted less in the sums.
/// </remarks>
internal static unsafe class Trellis256
{
    /// <summary>
    /// The lower two bits of the unit's codes, 2·lsb + b_(j−1): bits q, q+1 of <paramref name="even"/> for quads q = 0, 2, 4, 6, bits q−1, q of <paramref name="odd"/>
    /// for quads 1, 3, 5, 7.
    /// </summary>
    /// <param name="branch">b_j, bit q of each byte belonging to quad q.</param>
    /// <param name="before">b_j of the unit before.</param>
    /// <param name="eight">All ones for 8 states, zeros for 4.</param>
    /// <param name="even">Result.</param>
    /// <param name="odd">Result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pairs(Vector256<byte> branch, Vector256<byte> before, Vector256<uint> eight, out Vector256<byte> even, out Vector256<byte> odd)
    {
        // b_(j−4): one quad back, the last quad of the unit before coming in (its bit is the sign).
        var back4 = Avx2.Subtract(Avx2.Add(branch, branch), Avx2.CompareGreaterThan(Vector256<sbyte>.Zero, before.AsSByte()).AsByte()).AsUInt32();
        var b0 = branch.AsUInt32();
        // Columns are bytes: b_(j−k) are the bytes k places up, those of the quad before coming in from below.
        var b1 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 8), Avx2.ShiftRightLogical(back4, 24));
        var b2 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 16), Avx2.ShiftRightLogical(back4, 16));
        var b3 = Avx2.Or(Avx2.ShiftLeftLogical(b0, 24), Avx2.ShiftRightLogical(back4, 8));
        var low = Avx2.Xor(Avx2.Xor(b0, b2), Avx2.And(b3, eight)).AsByte();
        Vector256<byte> path = Vector256.Create((byte)0x55), lsb = Vector256.Create((byte)0xAA);
        even = Avx2.Or(Avx2.And(b1.AsByte(), path), Avx2.And(Avx2.Add(low, low), lsb));
        odd = Avx2.Or(Avx2.And(Avx2.ShiftRightLogical(b1.AsUInt16(), 1).AsByte(), path), Avx2.And(low, lsb));
    }

    /// <summary>
    /// Codes n + 2^width of four quads, for widths of at most 4; those of the last two four times.
    /// </summary>
    /// <param name="unit">The planes of these rows.</param>
    /// <param name="step">Quads 0 … 3 (0) or 4 … 7 (1); a constant.</param>
    /// <param name="even">Of <see cref="Pairs"/>, shifted right by 4·step.</param>
    /// <param name="odd">The same.</param>
    /// <param name="c0">Result.</param>
    /// <param name="c1">Result.</param>
    /// <param name="c2">Result.</param>
    /// <param name="c3">Result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow4<W>(byte* unit, int step, Vector256<byte> even, Vector256<byte> odd, out Vector256<byte> c0, out Vector256<byte> c1, out Vector256<byte> c2, out Vector256<byte> c3)
        where W : struct, IWidth
    {
        Vector256<byte> low = Vector256.Create((byte)3), lowUp = Vector256.Create((byte)0x0C);
        c0 = Avx2.And(even, low);
        c1 = Avx2.And(odd, low);
        c2 = Avx2.And(even, lowUp);
        c3 = Avx2.And(odd, lowUp);
        if (W.Bits >= 3)
        {
            var twos = Avx.LoadVector256(unit + (64 * step)).AsUInt16();
            Vector256<byte> two = Vector256.Create((byte)0x0C), twoUp = Vector256.Create((byte)0x30);
            c0 = Avx2.Or(c0, Avx2.And(Avx2.ShiftLeftLogical(twos, 2).AsByte(), two));
            c1 = Avx2.Or(c1, Avx2.And(twos.AsByte(), two));
            c2 = Avx2.Or(c2, Avx2.And(twos.AsByte(), twoUp));
            c3 = Avx2.Or(c3, Avx2.And(Avx2.ShiftRightLogical(twos, 2).AsByte(), twoUp));
        }

        if (W.Bits != 3)
        {
            // Two shifts serve four quads: a bit of quad 2 belongs 2 places above one of quad 0.
            Vector256<ushort> ones = Avx.LoadVector256(unit + (W.Bits == 4 ? 128 : 0)).AsUInt16(), ones0, ones1;
            if (W.Bits == 4)
            {
                ones0 = step == 0 ? Avx2.ShiftLeftLogical(ones, 4) : ones;
                ones1 = step == 0 ? Avx2.ShiftLeftLogical(ones, 3) : Avx2.ShiftRightLogical(ones, 1);
            }
            else
            {
                ones0 = step == 0 ? Avx2.ShiftLeftLogical(ones, 2) : Avx2.ShiftRightLogical(ones, 2);
                ones1 = step == 0 ? Avx2.Add(ones, ones) : Avx2.ShiftRightLogical(ones, 3);
            }

            Vector256<byte> one = Vector256.Create((byte)(1 << W.Bits)), oneUp = Vector256.Create((byte)(4 << W.Bits));
            c0 = Avx2.Or(c0, Avx2.And(ones0.AsByte(), one));
            c1 = Avx2.Or(c1, Avx2.And(ones1.AsByte(), one));
            c2 = Avx2.Or(c2, Avx2.And(ones0.AsByte(), oneUp));
            c3 = Avx2.Or(c3, Avx2.And(ones1.AsByte(), oneUp));
        }
    }

    /// <summary>The same for widths from 5 on, each code once; of widths 7 and 8 the lower 6 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Wide4<W>(byte* unit, int step, Vector256<byte> even, Vector256<byte> odd, out Vector256<byte> c0, out Vector256<byte> c1, out Vector256<byte> c2, out Vector256<byte> c3)
        where W : struct, IWidth
    {
        var low = Vector256.Create((byte)3);
        var four = Vector256.Create((byte)0x3C);
        var n0 = Avx.LoadVector256(unit + (128 * step)).AsUInt16();
        var n1 = Avx.LoadVector256(unit + (128 * step) + 64).AsUInt16();
        c0 = Avx2.Or(Avx2.And(even, low), Avx2.And(Avx2.ShiftLeftLogical(n0, 2).AsByte(), four));
        c1 = Avx2.Or(Avx2.And(odd, low), Avx2.And(Avx2.ShiftRightLogical(n0, 2).AsByte(), four));
        c2 = Avx2.Or(Avx2.And(Avx2.ShiftRightLogical(even.AsUInt16(), 2).AsByte(), low), Avx2.And(Avx2.ShiftLeftLogical(n1, 2).AsByte(), four));
        c3 = Avx2.Or(Avx2.And(Avx2.ShiftRightLogical(odd.AsUInt16(), 2).AsByte(), low), Avx2.And(Avx2.ShiftRightLogical(n1, 2).AsByte(), four));
        if (W.Bits == 6)
        {
            var top = Vector256.Create((byte)0x40);
            var ones = Avx.LoadVector256(unit + 256).AsUInt16();
            ones = step == 0 ? Avx2.ShiftLeftLogical(ones, 3) : Avx2.ShiftRightLogical(ones, 1);
            c3 = Avx2.Or(c3, Avx2.And(ones.AsByte(), top));
            ones = Avx2.Add(ones, ones);
            c2 = Avx2.Or(c2, Avx2.And(ones.AsByte(), top));
            ones = Avx2.Add(ones, ones);
            c1 = Avx2.Or(c1, Avx2.And(ones.AsByte(), top));
            ones = Avx2.Add(ones, ones);
            c0 = Avx2.Or(c0, Avx2.And(ones.AsByte(), top));
        }
    }

    /// <summary>The 2 or 3 bits above <see cref="Wide4"/>'s 6 of widths 7 and 8; those of quads 1 to 3 four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Top4<W>(byte* unit, int step, out Vector256<byte> t0, out Vector256<byte> t1, out Vector256<byte> t2, out Vector256<byte> t3)
        where W : struct, IWidth
    {
        var twos = Avx.LoadVector256(unit + 256 + (64 * step)).AsUInt16();
        Vector256<byte> two = Vector256.Create((byte)3), twoUp = Vector256.Create((byte)0x0C);
        t0 = Avx2.And(twos.AsByte(), two);
        t1 = Avx2.And(twos.AsByte(), twoUp);
        t2 = Avx2.And(Avx2.ShiftRightLogical(twos, 2).AsByte(), twoUp);
        t3 = Avx2.And(Avx2.ShiftRightLogical(twos, 4).AsByte(), twoUp);
        if (W.Bits == 8)
        {
            var ones = Avx.LoadVector256(unit + 384).AsUInt16();
            var ones02 = (step == 0 ? Avx2.ShiftLeftLogical(ones, 2) : Avx2.ShiftRightLogical(ones, 2)).AsByte();
            Vector256<byte> one = Vector256.Create((byte)4), oneUp = Vector256.Create((byte)0x10);
            t0 = Avx2.Or(t0, Avx2.And(ones02, one));
            t1 = Avx2.Or(t1, Avx2.And((step == 0 ? Avx2.ShiftLeftLogical(ones, 3) : Avx2.ShiftRightLogical(ones, 1)).AsByte(), oneUp));
            t2 = Avx2.Or(t2, Avx2.And(ones02, oneUp));
            t3 = Avx2.Or(t3, Avx2.And((step == 0 ? Avx2.Add(ones, ones) : Avx2.ShiftRightLogical(ones, 3)).AsByte(), oneUp));
        }
    }
}
