using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>Integer dot products by sdot: 4 signed products per int32 lane; codes become signed values first.</summary>
internal unsafe partial struct AdvSimdRung : ITiledRung
{
    public static int TileTokens => 1;

    /// <summary>Rows 4·<paramref name="part"/> … of a quad as signed values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Values<F>(byte* planes, int quad, int part)
        where F : struct, ICodeForm
    {
        planes += 16 * part;
        if (F.CodeBits == 8)
        {
            return (Vector128.Load(planes + (64 * quad)) ^ Vector128.Create((byte)0x80)).AsSByte();
        }

        var code = Vector128<byte>.Zero;
        if (F.CodeBits >= 4)
        {
            var pair = Vector128.Load(planes + (64 * (quad >> 1)));
            code = (quad & 1) == 0 ? pair & Vector128.Create((byte)15) : Vector128.ShiftRightLogical(pair, 4);
            if (F.Codebook != CodebookId.None)
            {
                return AdvSimd.Arm64.VectorTableLookup(Table<F>(), code).AsSByte();
            }

            planes += 256;
        }

        if ((F.CodeBits & 2) != 0)
        {
            var bits = Vector128.ShiftRightLogical(Vector128.Load(planes + (64 * (quad >> 2))), 2 * (quad & 3)) & Vector128.Create((byte)3);
            code |= F.CodeBits >= 4 ? Vector128.ShiftLeft(bits, 4) : bits;
            planes += 128;
        }

        if ((F.CodeBits & 1) != 0)
        {
            var bit = Vector128.ShiftRightLogical(Vector128.Load(planes), quad) & Vector128.Create((byte)1);
            code |= Vector128.ShiftLeft(bit, F.CodeBits - 1);
        }

        return code.AsSByte() - Vector128.Create((sbyte)F.Offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Table<F>()
        where F : struct, ICodeForm => F.Codebook == CodebookId.Iq4
            ? Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113).AsByte()
            : Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Quads4<F>(Vector128<int> sum, byte* planes, int first, int part, Vector128<sbyte> a)
        where F : struct, ICodeForm
    {
        sum = Dp.DotProductBySelectedQuadruplet(sum, Values<F>(planes, first, part), a, 0);
        sum = Dp.DotProductBySelectedQuadruplet(sum, Values<F>(planes, first + 1, part), a, 1);
        sum = Dp.DotProductBySelectedQuadruplet(sum, Values<F>(planes, first + 2, part), a, 2);
        return Dp.DotProductBySelectedQuadruplet(sum, Values<F>(planes, first + 3, part), a, 3);
    }

    public static void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm
    {
        for (var u = 0; u < units; u++)
        {
            rowGroup += GroupedCodes.HeaderBytes<F>(u);
            var a0 = AdvSimd.LoadVector128(a);
            var a1 = AdvSimd.LoadVector128(a + 16);
            for (var part = 0; part < 4; part++)
            {
                var sum = Quads4<F>(Vector128<int>.Zero, rowGroup, 0, part, a0);
                if (F.GroupColumns == 16)
                {
                    AdvSimd.Store(dots + (4 * part), AdvSimd.ConvertToSingle(sum));
                    sum = Quads4<F>(Vector128<int>.Zero, rowGroup, 4, part, a1);
                    AdvSimd.Store(dots + 16 + (4 * part), AdvSimd.ConvertToSingle(sum));
                }
                else
                {
                    AdvSimd.Store(dots + (4 * part), AdvSimd.ConvertToSingle(Quads4<F>(sum, rowGroup, 4, part, a1)));
                }
            }

            dots += F.GroupColumns == 16 ? 32 : 16;
            a += 32;
            rowGroup += 64 * F.CodeBits;
        }
    }

    public static void Unpack<F>(byte* planes, byte* quads)
        where F : struct, ICodeForm
    {
        var offset = Vector128.Create((sbyte)GroupedCodes.PanelOffset<F>());
        for (var part = 0; part < 4; part++)
        {
            var to = quads + (16 * part);
            (Values<F>(planes, 0, part) + offset).AsByte().Store(to);
            (Values<F>(planes, 1, part) + offset).AsByte().Store(to + 64);
            (Values<F>(planes, 2, part) + offset).AsByte().Store(to + 128);
            (Values<F>(planes, 3, part) + offset).AsByte().Store(to + 192);
            (Values<F>(planes, 4, part) + offset).AsByte().Store(to + 256);
            (Values<F>(planes, 5, part) + offset).AsByte().Store(to + 320);
            (Values<F>(planes, 6, part) + offset).AsByte().Store(to + 384);
            (Values<F>(planes, 7, part) + offset).AsByte().Store(to + 448);
        }
    }

    public static void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, ICodeForm
    {
        var offset = Vector128.Create((sbyte)GroupedCodes.PanelOffset<F>());
        Vector128<int> s0 = default, s1 = default, s2 = default, s3 = default;
        for (var q = 0; q < quadCount; q++)
        {
            var b = Vector128.Create(*(int*)(a + (4 * q))).AsSByte();
            var w = quads + (64 * q);
            s0 = Dp.DotProduct(s0, Vector128.Load(w).AsSByte() - offset, b);
            s1 = Dp.DotProduct(s1, Vector128.Load(w + 16).AsSByte() - offset, b);
            s2 = Dp.DotProduct(s2, Vector128.Load(w + 32).AsSByte() - offset, b);
            s3 = Dp.DotProduct(s3, Vector128.Load(w + 48).AsSByte() - offset, b);
        }

        AdvSimd.ConvertToSingle(s0).Store(dots);
        AdvSimd.ConvertToSingle(s1).Store(dots + 4);
        AdvSimd.ConvertToSingle(s2).Store(dots + 8);
        AdvSimd.ConvertToSingle(s3).Store(dots + 12);
    }
}
