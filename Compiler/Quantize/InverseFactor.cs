using System.Runtime.InteropServices;

namespace ModelPack.Compiler.Quantize;

/// <summary>
/// The inverse M of the Cholesky factor L of a positive definite matrix A = L Lᵀ, so that A⁻¹ = Mᵀ M. Blocked, on several threads; every element is
/// computed in one order, so the bits do not depend on how many.
/// </summary>
internal sealed unsafe class InverseFactor : IDisposable
{
    private const int Tile = TileProduct.Size;
    private const nint TileElements = Tile * Tile;

    private readonly int _tiles;
    private readonly nint _stride;
    private readonly double* _l;
    private readonly double* _m;
    private readonly ParallelOptions _parallel;

    /// <param name="columns">Rows and columns of A.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public InverseFactor(int columns, ParallelOptions parallel)
    {
        _parallel = parallel;
        _tiles = (columns + Tile - 1) / Tile;
        _stride = (nint)_tiles * Tile;
        var bytes = (nuint)_stride * (nuint)_stride * sizeof(double);
        _l = (double*)NativeMemory.AlignedAlloc(bytes, 64);
        _m = (double*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(_l, bytes);
        NativeMemory.Clear(_m, bytes);
        for (nint i = columns; i < _stride; i++)
        {
            _l[(i * _stride) + i] = 1;
        }
    }

    /// <summary>Row <paramref name="i"/> of A before <see cref="Run"/>; only columns up to <paramref name="i"/> are read.</summary>
    public Span<double> Row(int i) => new(_l + (i * _stride), (int)_stride);

    /// <summary>Row <paramref name="i"/> of M after <see cref="Run"/>; zeros beyond the diagonal.</summary>
    public ReadOnlySpan<double> Inverse(int i) => new(_m + (i * _stride), (int)_stride);

    /// <summary>Factors and inverts.</summary>
    /// <returns>False: A is not positive definite.</returns>
    public bool Run()
    {
        var panel = (double*)NativeMemory.AlignedAlloc((nuint)(_tiles * TileElements * sizeof(double)), 64);
        try
        {
            for (var k = 0; k < _tiles; k++)
            {
                if (!DiagonalTile(k))
                {
                    return false;
                }

                Eliminate(k, panel);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(panel);
        }

        Parallel.For(0, _tiles, _parallel, InvertColumn);
        return true;
    }

    private double* L(nint i, nint j) => _l + (i * Tile * _stride) + (j * Tile);

    private double* M(nint i, nint j) => _m + (i * Tile * _stride) + (j * Tile);

    /// <summary>Factors tile (k, k) in place and puts its inverse into M.</summary>
    private bool DiagonalTile(int k)
    {
        double* a = L(k, k), m = M(k, k);
        for (var j = 0; j < Tile; j++)
        {
            for (var i = j; i < Tile; i++)
            {
                var sum = a[(i * _stride) + j];
                for (var p = 0; p < j; p++)
                {
                    sum = Math.FusedMultiplyAdd(-a[(i * _stride) + p], a[(j * _stride) + p], sum);
                }

                if (i == j && !(sum > 0 && double.IsFinite(sum)))
                {
                    return false;
                }

                a[(i * _stride) + j] = i == j ? Math.Sqrt(sum) : sum / a[(j * _stride) + j];
            }
        }

        for (var j = 0; j < Tile; j++)
        {
            m[(j * _stride) + j] = 1 / a[(j * _stride) + j];
            for (var i = j + 1; i < Tile; i++)
            {
                double sum = 0;
                for (var p = j; p < i; p++)
                {
                    sum = Math.FusedMultiplyAdd(-a[(i * _stride) + p], m[(p * _stride) + j], sum);
                }

                m[(i * _stride) + j] = sum / a[(i * _stride) + i];
            }
        }

        return true;
    }

    /// <summary>Divides the tiles below (k, k) by it and takes their products off what lies to the right.</summary>
    private void Eliminate(int k, double* panel)
    {
        Parallel.For(k + 1, _tiles, _parallel, i =>
        {
            var work = stackalloc double[2 * (int)TileElements];
            TileProduct.Transpose(M(k, k), _stride, work);
            var result = work + TileElements;
            new Span<double>(result, (int)TileElements).Clear();
            TileProduct.Add(result, Tile, L(i, k), _stride, work, Tile, 1);
            for (var r = 0; r < Tile; r++)
            {
                new Span<double>(result + (r * Tile), Tile).CopyTo(new(L(i, k) + (r * _stride), Tile));
            }

            TileProduct.Transpose(L(i, k), _stride, panel + (i * TileElements));
        });
        // From the last row up: the longest first.
        Parallel.For(0, _tiles - k - 1, _parallel, n =>
        {
            var i = _tiles - 1 - n;
            for (var j = k + 1; j <= i; j++)
            {
                TileProduct.Add(L(i, j), _stride, L(i, k), _stride, panel + (j * TileElements), Tile, -1);
            }
        });
    }

    /// <summary>M_ij = −M_ii · Σ_k L_ik M_kj, downwards from the diagonal.</summary>
    private void InvertColumn(int j)
    {
        var sum = stackalloc double[(int)TileElements];
        for (var i = j + 1; i < _tiles; i++)
        {
            new Span<double>(sum, (int)TileElements).Clear();
            for (var k = j; k < i; k++)
            {
                TileProduct.Add(sum, Tile, L(i, k), _stride, M(k, j), _stride, 1);
            }

            TileProduct.Add(M(i, j), _stride, M(i, i), _stride, sum, Tile, -1);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_l);
        NativeMemory.AlignedFree(_m);
    }
}
