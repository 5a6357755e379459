using System.Runtime.Intrinsics;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>8 × 8 in 16 registers of 128 bits: arm64; plain (and slow) fused multiply-adds where there is no instruction for them.</summary>
internal readonly unsafe struct GemmTile128 : IGemmTile
{
    public static int Rows => 8;

    public static int Columns => 8;

    public static void Run(int k, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        Vector128<float> c0x = Vector128<float>.Zero, c0y = Vector128<float>.Zero;
        Vector128<float> c1x = Vector128<float>.Zero, c1y = Vector128<float>.Zero;
        Vector128<float> c2x = Vector128<float>.Zero, c2y = Vector128<float>.Zero;
        Vector128<float> c3x = Vector128<float>.Zero, c3y = Vector128<float>.Zero;
        Vector128<float> c4x = Vector128<float>.Zero, c4y = Vector128<float>.Zero;
        Vector128<float> c5x = Vector128<float>.Zero, c5y = Vector128<float>.Zero;
        Vector128<float> c6x = Vector128<float>.Zero, c6y = Vector128<float>.Zero;
        Vector128<float> c7x = Vector128<float>.Zero, c7y = Vector128<float>.Zero;
        if (accumulate)
        {
            var from = c;
            c0x = Vector128.Load(from);
            c0y = Vector128.Load(from + 4);
            from += stride;
            c1x = Vector128.Load(from);
            c1y = Vector128.Load(from + 4);
            from += stride;
            c2x = Vector128.Load(from);
            c2y = Vector128.Load(from + 4);
            from += stride;
            c3x = Vector128.Load(from);
            c3y = Vector128.Load(from + 4);
            from += stride;
            c4x = Vector128.Load(from);
            c4y = Vector128.Load(from + 4);
            from += stride;
            c5x = Vector128.Load(from);
            c5y = Vector128.Load(from + 4);
            from += stride;
            c6x = Vector128.Load(from);
            c6y = Vector128.Load(from + 4);
            from += stride;
            c7x = Vector128.Load(from);
            c7y = Vector128.Load(from + 4);
        }

        for (; k > 0; k--)
        {
            var bx = Vector128.Load(b);
            var by = Vector128.Load(b + 4);
            var v0 = Vector128.Create(a[0]);
            c0x = Vector128.FusedMultiplyAdd(v0, bx, c0x);
            c0y = Vector128.FusedMultiplyAdd(v0, by, c0y);
            var v1 = Vector128.Create(a[1]);
            c1x = Vector128.FusedMultiplyAdd(v1, bx, c1x);
            c1y = Vector128.FusedMultiplyAdd(v1, by, c1y);
            var v2 = Vector128.Create(a[2]);
            c2x = Vector128.FusedMultiplyAdd(v2, bx, c2x);
            c2y = Vector128.FusedMultiplyAdd(v2, by, c2y);
            var v3 = Vector128.Create(a[3]);
            c3x = Vector128.FusedMultiplyAdd(v3, bx, c3x);
            c3y = Vector128.FusedMultiplyAdd(v3, by, c3y);
            var v4 = Vector128.Create(a[4]);
            c4x = Vector128.FusedMultiplyAdd(v4, bx, c4x);
            c4y = Vector128.FusedMultiplyAdd(v4, by, c4y);
            var v5 = Vector128.Create(a[5]);
            c5x = Vector128.FusedMultiplyAdd(v5, bx, c5x);
            c5y = Vector128.FusedMultiplyAdd(v5, by, c5y);
            var v6 = Vector128.Create(a[6]);
            c6x = Vector128.FusedMultiplyAdd(v6, bx, c6x);
            c6y = Vector128.FusedMultiplyAdd(v6, by, c6y);
            var v7 = Vector128.Create(a[7]);
            c7x = Vector128.FusedMultiplyAdd(v7, bx, c7x);
            c7y = Vector128.FusedMultiplyAdd(v7, by, c7y);
            a += 8;
            b += 8;
        }

        c0x.Store(c);
        c0y.Store(c + 4);
        c += stride;
        c1x.Store(c);
        c1y.Store(c + 4);
        c += stride;
        c2x.Store(c);
        c2y.Store(c + 4);
        c += stride;
        c3x.Store(c);
        c3y.Store(c + 4);
        c += stride;
        c4x.Store(c);
        c4y.Store(c + 4);
        c += stride;
        c5x.Store(c);
        c5y.Store(c + 4);
        c += stride;
        c6x.Store(c);
        c6y.Store(c + 4);
        c += stride;
        c7x.Store(c);
        c7y.Store(c + 4);
    }
}
