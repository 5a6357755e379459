using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>12 × 32 in 24 registers of 512 bits: x64 with AVX-512.</summary>
internal readonly unsafe struct GemmTile512 : IGemmTile
{
    public static int Rows => 12;

    public static int Columns => 32;

    public static void Run(int k, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        Vector512<float> c0x = Vector512<float>.Zero, c0y = Vector512<float>.Zero;
        Vector512<float> c1x = Vector512<float>.Zero, c1y = Vector512<float>.Zero;
        Vector512<float> c2x = Vector512<float>.Zero, c2y = Vector512<float>.Zero;
        Vector512<float> c3x = Vector512<float>.Zero, c3y = Vector512<float>.Zero;
        Vector512<float> c4x = Vector512<float>.Zero, c4y = Vector512<float>.Zero;
        Vector512<float> c5x = Vector512<float>.Zero, c5y = Vector512<float>.Zero;
        Vector512<float> c6x = Vector512<float>.Zero, c6y = Vector512<float>.Zero;
        Vector512<float> c7x = Vector512<float>.Zero, c7y = Vector512<float>.Zero;
        Vector512<float> c8x = Vector512<float>.Zero, c8y = Vector512<float>.Zero;
        Vector512<float> c9x = Vector512<float>.Zero, c9y = Vector512<float>.Zero;
        Vector512<float> c10x = Vector512<float>.Zero, c10y = Vector512<float>.Zero;
        Vector512<float> c11x = Vector512<float>.Zero, c11y = Vector512<float>.Zero;
        if (accumulate)
        {
            var from = c;
            c0x = Vector512.Load(from);
            c0y = Vector512.Load(from + 16);
            from += stride;
            c1x = Vector512.Load(from);
            c1y = Vector512.Load(from + 16);
            from += stride;
            c2x = Vector512.Load(from);
            c2y = Vector512.Load(from + 16);
            from += stride;
            c3x = Vector512.Load(from);
            c3y = Vector512.Load(from + 16);
            from += stride;
            c4x = Vector512.Load(from);
            c4y = Vector512.Load(from + 16);
            from += stride;
            c5x = Vector512.Load(from);
            c5y = Vector512.Load(from + 16);
            from += stride;
            c6x = Vector512.Load(from);
            c6y = Vector512.Load(from + 16);
            from += stride;
            c7x = Vector512.Load(from);
            c7y = Vector512.Load(from + 16);
            from += stride;
            c8x = Vector512.Load(from);
            c8y = Vector512.Load(from + 16);
            from += stride;
            c9x = Vector512.Load(from);
            c9y = Vector512.Load(from + 16);
            from += stride;
            c10x = Vector512.Load(from);
            c10y = Vector512.Load(from + 16);
            from += stride;
            c11x = Vector512.Load(from);
            c11y = Vector512.Load(from + 16);
        }

        for (; k > 0; k--)
        {
            var bx = Vector512.Load(b);
            var by = Vector512.Load(b + 16);
            var v0 = Vector512.Create(a[0]);
            c0x = Vector512.FusedMultiplyAdd(v0, bx, c0x);
            c0y = Vector512.FusedMultiplyAdd(v0, by, c0y);
            var v1 = Vector512.Create(a[1]);
            c1x = Vector512.FusedMultiplyAdd(v1, bx, c1x);
            c1y = Vector512.FusedMultiplyAdd(v1, by, c1y);
            var v2 = Vector512.Create(a[2]);
            c2x = Vector512.FusedMultiplyAdd(v2, bx, c2x);
            c2y = Vector512.FusedMultiplyAdd(v2, by, c2y);
            var v3 = Vector512.Create(a[3]);
            c3x = Vector512.FusedMultiplyAdd(v3, bx, c3x);
            c3y = Vector512.FusedMultiplyAdd(v3, by, c3y);
            var v4 = Vector512.Create(a[4]);
            c4x = Vector512.FusedMultiplyAdd(v4, bx, c4x);
            c4y = Vector512.FusedMultiplyAdd(v4, by, c4y);
            var v5 = Vector512.Create(a[5]);
            c5x = Vector512.FusedMultiplyAdd(v5, bx, c5x);
            c5y = Vector512.FusedMultiplyAdd(v5, by, c5y);
            var v6 = Vector512.Create(a[6]);
            c6x = Vector512.FusedMultiplyAdd(v6, bx, c6x);
            c6y = Vector512.FusedMultiplyAdd(v6, by, c6y);
            var v7 = Vector512.Create(a[7]);
            c7x = Vector512.FusedMultiplyAdd(v7, bx, c7x);
            c7y = Vector512.FusedMultiplyAdd(v7, by, c7y);
            var v8 = Vector512.Create(a[8]);
            c8x = Vector512.FusedMultiplyAdd(v8, bx, c8x);
            c8y = Vector512.FusedMultiplyAdd(v8, by, c8y);
            var v9 = Vector512.Create(a[9]);
            c9x = Vector512.FusedMultiplyAdd(v9, bx, c9x);
            c9y = Vector512.FusedMultiplyAdd(v9, by, c9y);
            var v10 = Vector512.Create(a[10]);
            c10x = Vector512.FusedMultiplyAdd(v10, bx, c10x);
            c10y = Vector512.FusedMultiplyAdd(v10, by, c10y);
            var v11 = Vector512.Create(a[11]);
            c11x = Vector512.FusedMultiplyAdd(v11, bx, c11x);
            c11y = Vector512.FusedMultiplyAdd(v11, by, c11y);
            a += 12;
            b += 32;
        }

        c0x.Store(c);
        c0y.Store(c + 16);
        c += stride;
        c1x.Store(c);
        c1y.Store(c + 16);
        c += stride;
        c2x.Store(c);
        c2y.Store(c + 16);
        c += stride;
        c3x.Store(c);
        c3y.Store(c + 16);
        c += stride;
        c4x.Store(c);
        c4y.Store(c + 16);
        c += stride;
        c5x.Store(c);
        c5y.Store(c + 16);
        c += stride;
        c6x.Store(c);
        c6y.Store(c + 16);
        c += stride;
        c7x.Store(c);
        c7y.Store(c + 16);
        c += stride;
        c8x.Store(c);
        c8y.Store(c + 16);
        c += stride;
        c9x.Store(c);
        c9y.Store(c + 16);
        c += stride;
        c10x.Store(c);
        c10y.Store(c + 16);
        c += stride;
        c11x.Store(c);
        c11y.Store(c + 16);
    }
}
