using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>6 × 16 in 12 registers of 256 bits: x64 with AVX2 and FMA.</summary>
internal readonly unsafe struct GemmTile256 : IGemmTile
{
    public static int Rows => 6;

    public static int Columns => 16;

    public static void Run(int k, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        Vector256<float> c0x = Vector256<float>.Zero, c0y = Vector256<float>.Zero;
        Vector256<float> c1x = Vector256<float>.Zero, c1y = Vector256<float>.Zero;
        Vector256<float> c2x = Vector256<float>.Zero, c2y = Vector256<float>.Zero;
        Vector256<float> c3x = Vector256<float>.Zero, c3y = Vector256<float>.Zero;
        Vector256<float> c4x = Vector256<float>.Zero, c4y = Vector256<float>.Zero;
        Vector256<float> c5x = Vector256<float>.Zero, c5y = Vector256<float>.Zero;
        if (accumulate)
        {
            var from = c;
            c0x = Vector256.Load(from);
            c0y = Vector256.Load(from + 8);
            from += stride;
            c1x = Vector256.Load(from);
            c1y = Vector256.Load(from + 8);
            from += stride;
            c2x = Vector256.Load(from);
            c2y = Vector256.Load(from + 8);
            from += stride;
            c3x = Vector256.Load(from);
            c3y = Vector256.Load(from + 8);
            from += stride;
            c4x = Vector256.Load(from);
            c4y = Vector256.Load(from + 8);
            from += stride;
            c5x = Vector256.Load(from);
            c5y = Vector256.Load(from + 8);
        }

        for (; k > 0; k--)
        {
            var bx = Vector256.Load(b);
            var by = Vector256.Load(b + 8);
            var v0 = Vector256.Create(a[0]);
            c0x = Vector256.FusedMultiplyAdd(v0, bx, c0x);
            c0y = Vector256.FusedMultiplyAdd(v0, by, c0y);
            var v1 = Vector256.Create(a[1]);
            c1x = Vector256.FusedMultiplyAdd(v1, bx, c1x);
            c1y = Vector256.FusedMultiplyAdd(v1, by, c1y);
            var v2 = Vector256.Create(a[2]);
            c2x = Vector256.FusedMultiplyAdd(v2, bx, c2x);
            c2y = Vector256.FusedMultiplyAdd(v2, by, c2y);
            var v3 = Vector256.Create(a[3]);
            c3x = Vector256.FusedMultiplyAdd(v3, bx, c3x);
            c3y = Vector256.FusedMultiplyAdd(v3, by, c3y);
            var v4 = Vector256.Create(a[4]);
            c4x = Vector256.FusedMultiplyAdd(v4, bx, c4x);
            c4y = Vector256.FusedMultiplyAdd(v4, by, c4y);
            var v5 = Vector256.Create(a[5]);
            c5x = Vector256.FusedMultiplyAdd(v5, bx, c5x);
            c5y = Vector256.FusedMultiplyAdd(v5, by, c5y);
            a += 6;
            b += 16;
        }

        c0x.Store(c);
        c0y.Store(c + 8);
        c += stride;
        c1x.Store(c);
        c1y.Store(c + 8);
        c += stride;
        c2x.Store(c);
        c2y.Store(c + 8);
        c += stride;
        c3x.Store(c);
        c3y.Store(c + 8);
        c += stride;
        c4x.Store(c);
        c4y.Store(c + 8);
        c += stride;
        c5x.Store(c);
        c5y.Store(c + 8);
    }
}
