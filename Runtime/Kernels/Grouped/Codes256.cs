using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Codes of half a quad (8 rows × 4 columns) from a unit's planes in a 256-bit register.</summary>
internal static unsafe class Codes256
{
    /// <summary>
    /// Quads 4·<paramref name="step"/> … 4·step + 3, rows 8·<paramref name="half"/> …, as unsigned bytes (codes, or 128 + the codebook's entry).
    /// </summary>
    /// <remarks>
    /// Plain intrinsics and few calls: the JIT's budget for inlining is small, and a kernel that exceeds it runs ten times slower.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load4<F>(byte* planes, int step, int half, out Vector256<byte> c0, out Vector256<byte> c1, out Vector256<byte> c2, out Vector256<byte> c3)
        where F : struct, ICodeForm
    {
        planes += 32 * half;
        if (F.CodeBits == 8)
        {
            planes += 256 * step;
            c0 = Avx.LoadVector256(planes);
            c1 = Avx.LoadVector256(planes + 64);
            c2 = Avx.LoadVector256(planes + 128);
            c3 = Avx.LoadVector256(planes + 192);
            return;
        }

        c0 = c1 = c2 = c3 = Vector256<byte>.Zero;
        if (F.CodeBits >= 4)
        {
            var low = Vector256.Create((byte)15);
            var pair0 = Avx.LoadVector256(planes + (128 * step));
            var pair1 = Avx.LoadVector256(planes + (128 * step) + 64);
            c0 = Avx2.And(pair0, low);
            c1 = Avx2.And(Avx2.ShiftRightLogical(pair0.AsUInt16(), 4).AsByte(), low);
            c2 = Avx2.And(pair1, low);
            c3 = Avx2.And(Avx2.ShiftRightLogical(pair1.AsUInt16(), 4).AsByte(), low);
            planes += 256;
        }

        if (F.Codebook != CodebookId.None)
        {
            // The tables of Codebooks, plus 128.
            var t = F.Codebook == CodebookId.Iq4
                ? Vector128.Create((byte)1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241)
                : Vector128.Create((byte)128, 129, 130, 131, 132, 134, 136, 140, 128, 127, 126, 125, 124, 122, 120, 116);
            var table = Vector256.Create(t, t);
            c0 = Avx2.Shuffle(table, c0);
            c1 = Avx2.Shuffle(table, c1);
            c2 = Avx2.Shuffle(table, c2);
            c3 = Avx2.Shuffle(table, c3);
            return;
        }

        if (F.CodeBits is 2 or 3 or 6 or 7)
        {
            // Bits 2j, 2j+1 belong to quad j; they become bits 0, 1 (codes of 2, 3 bits) or 4, 5.
            var pairs = Avx.LoadVector256(planes + (64 * step)).AsUInt16();
            var mask = Vector256.Create((byte)(F.CodeBits >= 4 ? 0x30 : 3));
            if (F.CodeBits >= 4)
            {
                c0 = Avx2.Or(c0, Avx2.And(Avx2.ShiftLeftLogical(pairs, 4).AsByte(), mask));
                c1 = Avx2.Or(c1, Avx2.And(Avx2.ShiftLeftLogical(pairs, 2).AsByte(), mask));
                c2 = Avx2.Or(c2, Avx2.And(pairs.AsByte(), mask));
                c3 = Avx2.Or(c3, Avx2.And(Avx2.ShiftRightLogical(pairs, 2).AsByte(), mask));
            }
            else
            {
                c0 = Avx2.And(pairs.AsByte(), mask);
                c1 = Avx2.And(Avx2.ShiftRightLogical(pairs, 2).AsByte(), mask);
                c2 = Avx2.And(Avx2.ShiftRightLogical(pairs, 4).AsByte(), mask);
                c3 = Avx2.And(Avx2.ShiftRightLogical(pairs, 6).AsByte(), mask);
            }

            planes += 128;
        }

        if (F.CodeBits is 1 or 3 or 5 or 7)
        {
            // Bit j belongs to quad j; after the shift by 4·step the step's four quads are in bits 0 … 3. Each becomes the code's top bit in its turn, by one shift.
            var bits = ToTop<F>(Avx2.ShiftRightLogical(Avx.LoadVector256(planes).AsUInt16(), Vector128.CreateScalar((ushort)(4 * step))));
            var top = Vector256.Create((byte)(1 << (F.CodeBits - 1)));
            if (F.CodeBits == 7)
            {
                c3 = Avx2.Or(c3, Avx2.And(bits.AsByte(), top));
                bits = Avx2.Add(bits, bits);
                c2 = Avx2.Or(c2, Avx2.And(bits.AsByte(), top));
                bits = Avx2.Add(bits, bits);
                c1 = Avx2.Or(c1, Avx2.And(bits.AsByte(), top));
                c0 = Avx2.Or(c0, Avx2.And(Avx2.Add(bits, bits).AsByte(), top));
                return;
            }

            c0 = Avx2.Or(c0, Avx2.And(bits.AsByte(), top));
            bits = Avx2.ShiftRightLogical(bits, 1);
            c1 = Avx2.Or(c1, Avx2.And(bits.AsByte(), top));
            bits = Avx2.ShiftRightLogical(bits, 1);
            c2 = Avx2.Or(c2, Avx2.And(bits.AsByte(), top));
            c3 = Avx2.Or(c3, Avx2.And(Avx2.ShiftRightLogical(bits, 1).AsByte(), top));
        }
    }

    // Bit 0 of every byte to the place of the code's top bit, with room for bits 1 … 3 above it; at 7 bits, where there is none, bit 3 of every byte. (Shifts want constants.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> ToTop<F>(Vector256<ushort> bits)
        where F : struct, ICodeForm => F.CodeBits switch
        {
            1 => bits,
            3 => Avx2.ShiftLeftLogical(bits, 2),
            5 => Avx2.ShiftLeftLogical(bits, 4),
            _ => Avx2.ShiftLeftLogical(bits, 3),
        };
}
