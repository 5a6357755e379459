using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Quantize;

/// <summary>Products of 64 × 64 tiles of doubles, each element summed in one order by fused multiply-adds: the same bits everywhere.</summary>
internal static unsafe class TileProduct
{
    public const int Size = 64;

    /// <summary>C += sign · A · B, tiles row-major with their own strides (in elements).</summary>
    public static void Add(double* c, nint strideC, double* a, nint strideA, double* b, nint strideB, double sign)
    {
        for (var i = 0; i < Size; i += 4)
        {
            for (var j = 0; j < Size; j += 8)
            {
                Block(c + (i * strideC) + j, strideC, a + (i * strideA), strideA, b + j, strideB, sign);
            }
        }
    }

    /// <summary>4 rows × 8 columns in eight registers.</summary>
    private static void Block(double* c, nint strideC, double* a, nint strideA, double* b, nint strideB, double sign)
    {
        double* c1 = c + strideC, c2 = c1 + strideC, c3 = c2 + strideC, a1 = a + strideA, a2 = a1 + strideA, a3 = a2 + strideA;
        Vector256<double> x0 = Vector256.Load(c), y0 = Vector256.Load(c + 4), x1 = Vector256.Load(c1), y1 = Vector256.Load(c1 + 4);
        Vector256<double> x2 = Vector256.Load(c2), y2 = Vector256.Load(c2 + 4), x3 = Vector256.Load(c3), y3 = Vector256.Load(c3 + 4);
        for (nint k = 0; k < Size; k++, b += strideB)
        {
            Vector256<double> x = Vector256.Load(b), y = Vector256.Load(b + 4);
            var f = Vector256.Create(sign * a[k]);
            x0 = Vector256.FusedMultiplyAdd(f, x, x0);
            y0 = Vector256.FusedMultiplyAdd(f, y, y0);
            f = Vector256.Create(sign * a1[k]);
            x1 = Vector256.FusedMultiplyAdd(f, x, x1);
            y1 = Vector256.FusedMultiplyAdd(f, y, y1);
            f = Vector256.Create(sign * a2[k]);
            x2 = Vector256.FusedMultiplyAdd(f, x, x2);
            y2 = Vector256.FusedMultiplyAdd(f, y, y2);
            f = Vector256.Create(sign * a3[k]);
            x3 = Vector256.FusedMultiplyAdd(f, x, x3);
            y3 = Vector256.FusedMultiplyAdd(f, y, y3);
        }

        x0.Store(c);
        y0.Store(c + 4);
        x1.Store(c1);
        y1.Store(c1 + 4);
        x2.Store(c2);
        y2.Store(c2 + 4);
        x3.Store(c3);
        y3.Store(c3 + 4);
    }

    /// <summary>A tile's transpose, rows of 64.</summary>
    public static void Transpose(double* source, nint stride, double* target)
    {
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                target[(j * Size) + i] = source[(i * stride) + j];
            }
        }
    }
}
