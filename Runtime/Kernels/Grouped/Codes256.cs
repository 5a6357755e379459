using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Codes of half a quad (8 rows × 4 columns) from a unit's planes in a 256-bit register.</summary>
internal static unsafe class Codes256
{
    /// <summary>
    /// Quad <paramref name="quad"/> (a constant at every call), rows 8·<paramref name="half"/> …, as unsigned bytes (codes, or 128 + the codebook's entry).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quad<F>(byte* planes, int quad, int half)
        where F : struct, IGroupedForm
    {
        planes += 32 * half;
        if (F.CodeBits == 8)
        {
            return Vector256.Load(planes + (64 * quad));
        }

        var code = Vector256<byte>.Zero;
        if (F.CodeBits >= 4)
        {
            var pair = Vector256.Load(planes + (64 * (quad >> 1)));
            code = ((quad & 1) == 0 ? pair : Vector256.ShiftRightLogical(pair.AsUInt16(), 4).AsByte()) & Vector256.Create((byte)15);
            if (F.Codebook != CodebookId.None)
            {
                return Avx2.Shuffle(Table<F>(), code);
            }

            planes += 256;
        }

        if ((F.CodeBits & 2) != 0)
        {
            code |= Field(Vector256.Load(planes + (64 * (quad >> 2))), 2 * (quad & 3), F.CodeBits >= 4 ? 4 : 0, 3);
            planes += 128;
        }

        if ((F.CodeBits & 1) != 0)
        {
            code |= Field(Vector256.Load(planes), quad, F.CodeBits - 1, 1);
        }

        return code;
    }

    // Bits [from, from + width) of every byte moved to bit 'to'.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Field(Vector256<byte> v, int from, int to, int mask)
    {
        var moved = from > to ? Vector256.ShiftRightLogical(v.AsUInt16(), from - to).AsByte()
            : from < to ? Vector256.ShiftLeft(v.AsUInt16(), to - from).AsByte()
            : v;
        return moved & Vector256.Create((byte)(mask << to));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Table<F>()
        where F : struct, IGroupedForm
    {
        // The tables of Codebooks, plus 128.
        var t = F.Codebook == CodebookId.Iq4
            ? Vector128.Create((byte)1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241)
            : Vector128.Create((byte)128, 129, 130, 131, 132, 134, 136, 140, 128, 127, 126, 125, 124, 122, 120, 116);
        return Vector256.Create(t, t);
    }
}
