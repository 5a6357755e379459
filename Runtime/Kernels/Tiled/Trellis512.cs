using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Kernels;

/// <summary>Trellis codes of a unit in 512-bit registers; <see cref="Trellis256"/> has the same for half the rows, with the arguments explained.</summary>
internal static unsafe class Trellis512
{
    /// <summary>The lower two bits of the unit's codes, as <see cref="Trellis256.Pairs"/> gives them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pairs(Vector512<byte> branch, Vector512<byte> before, Vector512<uint> eight, out Vector512<byte> even, out Vector512<byte> odd)
    {
        // 0xF8: a | (b & c).
        var back4 = Avx512F.TernaryLogic(
            Avx512BW.Add(branch, branch), Avx512BW.ShiftRightLogical(before.AsUInt16(), 7).AsByte(), Vector512.Create((byte)1), 0xF8).AsUInt32();
        var b0 = branch.AsUInt32();
        // 0xCA: a ? b : c.
        var b1 = Avx512F.RotateLeft(Avx512F.TernaryLogic(Vector512.Create(0xFF000000), back4, b0, 0xCA), 8);
        var b2 = Avx512F.RotateLeft(Avx512F.TernaryLogic(Vector512.Create(0xFFFF0000), back4, b0, 0xCA), 16);
        var b3 = Avx512F.RotateLeft(Avx512F.TernaryLogic(Vector512.Create(0xFFFFFF00), back4, b0, 0xCA), 24);
        // 0x78: a ^ (b & c).
        var low = Avx512F.TernaryLogic(Avx512F.Xor(b0, b2), b3, eight, 0x78).AsByte();
        var places = Vector512.Create((byte)0x55);
        even = Avx512F.TernaryLogic(places, b1.AsByte(), Avx512BW.Add(low, low), 0xCA);
        odd = Avx512F.TernaryLogic(places, Avx512BW.ShiftRightLogical(b1.AsUInt16(), 1).AsByte(), low, 0xCA);
    }

    /// <summary>Codes n + 2^width of four quads, for widths of at most 4; those of the last two four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow4<W>(byte* unit, int step, Vector512<byte> even, Vector512<byte> odd, out Vector512<byte> c0, out Vector512<byte> c1, out Vector512<byte> c2, out Vector512<byte> c3)
        where W : struct, IWidth
    {
        // 0xCA: a ? b : c.
        Vector512<byte> h0, h1, h2, h3;
        if (W.Bits >= 3)
        {
            var twos = Avx512BW.LoadVector512(unit + (64 * step));
            h0 = Avx512BW.ShiftLeftLogical(twos.AsUInt16(), 2).AsByte();
            h1 = h2 = twos;
            h3 = Avx512BW.ShiftRightLogical(twos.AsUInt16(), 2).AsByte();
            if (W.Bits == 4)
            {
                var ones = Avx512BW.LoadVector512(unit + 128).AsUInt16();
                var ones0 = (step == 0 ? Avx512BW.ShiftLeftLogical(ones, 4) : ones).AsByte();
                var ones1 = (step == 0 ? Avx512BW.ShiftLeftLogical(ones, 3) : Avx512BW.ShiftRightLogical(ones, 1)).AsByte();
                Vector512<byte> one = Vector512.Create((byte)0x10), oneUp = Vector512.Create((byte)0x40);
                h0 = Avx512F.TernaryLogic(one, ones0, h0, 0xCA);
                h1 = Avx512F.TernaryLogic(one, ones1, h1, 0xCA);
                h2 = Avx512F.TernaryLogic(oneUp, ones0, h2, 0xCA);
                h3 = Avx512F.TernaryLogic(oneUp, ones1, h3, 0xCA);
            }
        }
        else
        {
            var ones = Avx512BW.LoadVector512(unit).AsUInt16();
            h0 = h2 = (step == 0 ? Avx512BW.ShiftLeftLogical(ones, 2) : Avx512BW.ShiftRightLogical(ones, 2)).AsByte();
            h1 = h3 = (step == 0 ? Avx512BW.Add(ones, ones) : Avx512BW.ShiftRightLogical(ones, 3)).AsByte();
        }

        Vector512<byte> low = Vector512.Create((byte)3), lowUp = Vector512.Create((byte)0x0C);
        Vector512<byte> all = Vector512.Create((byte)((2 << W.Bits) - 1)), allUp = Vector512.Create((byte)(((2 << W.Bits) - 1) << 2));
        c0 = Avx512F.And(Avx512F.TernaryLogic(low, even, h0, 0xCA), all);
        c1 = Avx512F.And(Avx512F.TernaryLogic(low, odd, h1, 0xCA), all);
        c2 = Avx512F.And(Avx512F.TernaryLogic(lowUp, even, h2, 0xCA), allUp);
        c3 = Avx512F.And(Avx512F.TernaryLogic(lowUp, odd, h3, 0xCA), allUp);
    }

    /// <summary>The same for widths from 5 on, each code once; of widths 7 and 8 the lower 6 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Wide4<W>(byte* unit, int step, Vector512<byte> even, Vector512<byte> odd, out Vector512<byte> c0, out Vector512<byte> c1, out Vector512<byte> c2, out Vector512<byte> c3)
        where W : struct, IWidth
    {
        var low = Vector512.Create((byte)3);
        var four = Vector512.Create((byte)0x3C);
        var n0 = Avx512BW.LoadVector512(unit + (128 * step)).AsUInt16();
        var n1 = Avx512BW.LoadVector512(unit + (128 * step) + 64).AsUInt16();
        c0 = Avx512F.Or(Avx512F.And(even, low), Avx512F.And(Avx512BW.ShiftLeftLogical(n0, 2).AsByte(), four));
        c1 = Avx512F.Or(Avx512F.And(odd, low), Avx512F.And(Avx512BW.ShiftRightLogical(n0, 2).AsByte(), four));
        c2 = Avx512F.Or(Avx512F.And(Avx512BW.ShiftRightLogical(even.AsUInt16(), 2).AsByte(), low), Avx512F.And(Avx512BW.ShiftLeftLogical(n1, 2).AsByte(), four));
        c3 = Avx512F.Or(Avx512F.And(Avx512BW.ShiftRightLogical(odd.AsUInt16(), 2).AsByte(), low), Avx512F.And(Avx512BW.ShiftRightLogical(n1, 2).AsByte(), four));
        if (W.Bits == 6)
        {
            var top = Vector512.Create((byte)0x40);
            var ones = Avx512BW.LoadVector512(unit + 256).AsUInt16();
            ones = step == 0 ? Avx512BW.ShiftLeftLogical(ones, 3) : Avx512BW.ShiftRightLogical(ones, 1);
            c3 = Avx512F.Or(c3, Avx512F.And(ones.AsByte(), top));
            ones = Avx512BW.Add(ones, ones);
            c2 = Avx512F.Or(c2, Avx512F.And(ones.AsByte(), top));
            ones = Avx512BW.Add(ones, ones);
            c1 = Avx512F.Or(c1, Avx512F.And(ones.AsByte(), top));
            ones = Avx512BW.Add(ones, ones);
            c0 = Avx512F.Or(c0, Avx512F.And(ones.AsByte(), top));
        }
    }

    /// <summary>The 2 or 3 bits above <see cref="Wide4"/>'s 6 of widths 7 and 8; those of quads 1 to 3 four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Top4<W>(byte* unit, int step, out Vector512<byte> t0, out Vector512<byte> t1, out Vector512<byte> t2, out Vector512<byte> t3)
        where W : struct, IWidth
    {
        var twos = Avx512BW.LoadVector512(unit + 256 + (64 * step)).AsUInt16();
        Vector512<byte> two = Vector512.Create((byte)3), twoUp = Vector512.Create((byte)0x0C);
        t0 = Avx512F.And(twos.AsByte(), two);
        t1 = Avx512F.And(twos.AsByte(), twoUp);
        t2 = Avx512F.And(Avx512BW.ShiftRightLogical(twos, 2).AsByte(), twoUp);
        t3 = Avx512F.And(Avx512BW.ShiftRightLogical(twos, 4).AsByte(), twoUp);
        if (W.Bits == 8)
        {
            var ones = Avx512BW.LoadVector512(unit + 384).AsUInt16();
            var ones02 = (step == 0 ? Avx512BW.ShiftLeftLogical(ones, 2) : Avx512BW.ShiftRightLogical(ones, 2)).AsByte();
            Vector512<byte> one = Vector512.Create((byte)4), oneUp = Vector512.Create((byte)0x10);
            t0 = Avx512F.Or(t0, Avx512F.And(ones02, one));
            t1 = Avx512F.Or(t1, Avx512F.And((step == 0 ? Avx512BW.ShiftLeftLogical(ones, 3) : Avx512BW.ShiftRightLogical(ones, 1)).AsByte(), oneUp));
            t2 = Avx512F.Or(t2, Avx512F.And(ones02, oneUp));
            t3 = Avx512F.Or(t3, Avx512F.And((step == 0 ? Avx512BW.Add(ones, ones) : Avx512BW.ShiftRightLogical(ones, 3)).AsByte(), oneUp));
        }
    }
}
