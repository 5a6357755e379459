using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Codes of a quad (16 rows × 4 columns) from a unit's planes in a 512-bit register; see <see cref="Codes256"/>.</summary>
internal static unsafe class Codes512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quad<F>(byte* planes, int quad)
        where F : struct, IGroupedForm
    {
        if (F.CodeBits == 8)
        {
            return Vector512.Load(planes + (64 * quad));
        }

        var code = Vector512<byte>.Zero;
        if (F.CodeBits >= 4)
        {
            var pair = Vector512.Load(planes + (64 * (quad >> 1)));
            code = ((quad & 1) == 0 ? pair : Vector512.ShiftRightLogical(pair.AsUInt16(), 4).AsByte()) & Vector512.Create((byte)15);
            if (F.Codebook != CodebookId.None)
            {
                return Avx512BW.Shuffle(Table<F>(), code);
            }

            planes += 256;
        }

        if ((F.CodeBits & 2) != 0)
        {
            code |= Field(Vector512.Load(planes + (64 * (quad >> 2))), 2 * (quad & 3), F.CodeBits >= 4 ? 4 : 0, 3);
            planes += 128;
        }

        if ((F.CodeBits & 1) != 0)
        {
            code |= Field(Vector512.Load(planes), quad, F.CodeBits - 1, 1);
        }

        return code;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Field(Vector512<byte> v, int from, int to, int mask)
    {
        var moved = from > to ? Vector512.ShiftRightLogical(v.AsUInt16(), from - to).AsByte()
            : from < to ? Vector512.ShiftLeft(v.AsUInt16(), to - from).AsByte()
            : v;
        return moved & Vector512.Create((byte)(mask << to));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Table<F>()
        where F : struct, IGroupedForm
    {
        // The tables of Codebooks, plus 128.
        var t = F.Codebook == CodebookId.Iq4
            ? Vector128.Create((byte)1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241)
            : Vector128.Create((byte)128, 129, 130, 131, 132, 134, 136, 140, 128, 127, 126, 125, 124, 122, 120, 116);
        return Vector512.Create(Vector256.Create(t, t), Vector256.Create(t, t));
    }
}
