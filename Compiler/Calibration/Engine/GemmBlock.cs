namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>A chunk of a product: the rows [row, rowEnd) and columns [column, columnEnd) of C, both starting at tiles.</summary>
internal readonly unsafe struct GemmBlock(Panels a, Panels b, float* c, nint stride, bool accumulate, bool upper, int row, int rowEnd, int column, int columnEnd)
{
    private const int MaxTile = 12 * 32;

    public void Run<T>(int blockK)
        where T : struct, IGemmTile
    {
        // Even blocks: 576 is 3 · 192, not 256 + 256 + 64.
        var blocks = Math.Max(1, (a.K + blockK - 1) / blockK);
        var step = (a.K + blocks - 1) / blocks;
        for (var k = 0; k < a.K; k += step)
        {
            Run<T>(k, Math.Min(step, a.K - k), accumulate || k > 0);
        }
    }

    private void Run<T>(int k, int count, bool add)
        where T : struct, IGemmTile
    {
        for (var j = column; j < columnEnd; j += T.Columns)
        {
            var right = b.Panel(j / T.Columns) + ((nint)k * T.Columns);
            for (var i = row; i < rowEnd; i += T.Rows)
            {
                if (upper && j + T.Columns <= i)
                {
                    break;
                }

                var left = a.Panel(i / T.Rows) + ((nint)k * T.Rows);
                var target = c + (i * stride) + j;
                if (i + T.Rows <= rowEnd && j + T.Columns <= columnEnd)
                {
                    T.Run(count, left, right, target, stride, add);
                }
                else
                {
                    Edge<T>(count, left, right, target, Math.Min(T.Rows, rowEnd - i), Math.Min(T.Columns, columnEnd - j), add);
                }
            }
        }
    }

    /// <summary>A tile that reaches beyond C, computed beside it.</summary>
    private void Edge<T>(int count, float* left, float* right, float* target, int rows, int columns, bool add)
        where T : struct, IGemmTile
    {
        var tile = stackalloc float[MaxTile];
        for (var i = 0; i < rows && add; i++)
        {
            new ReadOnlySpan<float>(target + (i * stride), columns).CopyTo(new(tile + (i * T.Columns), columns));
        }

        T.Run(count, left, right, tile, T.Columns, add);
        for (var i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(tile + (i * T.Columns), columns).CopyTo(new(target + (i * stride), columns));
        }
    }
}
