using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// Products of f32 matrices, C = (C +) A·B: both operands packed into panels, then tiles of C in registers, in the order that keeps a panel of B in the first-level cache
/// (Goto and van de Geijn 2008). The same bits for every register width, number of threads and blocking (<see cref="IGemmTile"/>).
/// </summary>
internal sealed unsafe class Gemm : IDisposable
{
    /// <summary>Summands between two visits of C: 32 columns × 256 of them are 32 KB.</summary>
    private const int BlockK = 256;

    /// <summary>Rows of C in a chunk: a block of A, 120 × 256, lies in the second-level cache.</summary>
    private const int BlockRows = 120;

    private const int BlockColumns = 512;

    private readonly GemmWidth _width;
    private readonly Panels _left = new();
    private readonly Panels _right = new();

    public Gemm(GemmWidth width = GemmWidth.Auto)
    {
        _width = width != GemmWidth.Auto ? width
            : Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? GemmWidth.Bits512
            : Fma.IsSupported ? GemmWidth.Bits256
            : GemmWidth.Bits128;
        (TileRows, TileColumns) = _width switch
        {
            GemmWidth.Bits512 => (GemmTile512.Rows, GemmTile512.Columns),
            GemmWidth.Bits256 => (GemmTile256.Rows, GemmTile256.Columns),
            _ => (GemmTile128.Rows, GemmTile128.Columns),
        };
    }

    public GemmWidth Width => _width;

    public int TileRows { get; }

    public int TileColumns { get; }

    /// <summary>Packs a right operand that several products use.</summary>
    public Panels PackRight(Workers? workers, in MatrixView b)
    {
        var panels = new Panels();
        Pack(workers, b.Transposed, panels, TileColumns);
        return panels;
    }

    /// <summary>C = (C +) A·B.</summary>
    /// <param name="workers">Threads; null: the calling thread alone.</param>
    /// <param name="a">[rows, k].</param>
    /// <param name="b">[k, columns].</param>
    /// <param name="c">[rows, columns], rows <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">Floats from a row of C to the next.</param>
    /// <param name="accumulate">Adds to C.</param>
    /// <param name="upper">Only elements with column ≥ row are wanted (others may be computed too): symmetric results.</param>
    public void Multiply(Workers? workers, in MatrixView a, in MatrixView b, float* c, nint stride, bool accumulate, bool upper = false)
    {
        Pack(workers, b.Transposed, _right, TileColumns);
        Multiply(workers, a, _right, c, stride, accumulate, upper);
    }

    /// <summary>C = (C +) A·B with B packed before; of B only as many rows as A has columns, and only the first <paramref name="columns"/> (null: all).</summary>
    public void Multiply(Workers? workers, in MatrixView a, Panels b, float* c, nint stride, bool accumulate, bool upper = false, int? columns = null)
    {
        var width = columns ?? b.Count;
        if (a.Columns > b.K || width > b.Count || b.Lanes != TileColumns)
        {
            throw new ArgumentException($"[{a.Rows}, {a.Columns}] times [{b.K}, {b.Count}]");
        }

        Pack(workers, a, _left, TileRows);
        Panels left = _left;
        int rowStep = Step(a.Rows, BlockRows, TileRows), columnStep = Step(width, BlockColumns, TileColumns);
        int rowChunks = (a.Rows + rowStep - 1) / rowStep, columnChunks = (width + columnStep - 1) / columnStep;
        Run(workers, rowChunks * columnChunks, chunk =>
        {
            int row = chunk / columnChunks * rowStep, column = chunk % columnChunks * columnStep;
            var block = new GemmBlock(left, b, c, stride, accumulate, upper, row, Math.Min(left.Count, row + rowStep), column, Math.Min(width, column + columnStep));
            switch (_width)
            {
                case GemmWidth.Bits512:
                    block.Run<GemmTile512>(BlockK);
                    break;
                case GemmWidth.Bits256:
                    block.Run<GemmTile256>(BlockK);
                    break;
                default:
                    block.Run<GemmTile128>(BlockK);
                    break;
            }
        });
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    /// <summary>Even chunks of whole tiles: 576 columns are 2 · 288, not 512 + 64.</summary>
    private static int Step(int count, int block, int tile)
    {
        var chunks = (count + block - 1) / block;
        return (((count + chunks - 1) / chunks) + tile - 1) / tile * tile;
    }

    private static void Pack(Workers? workers, MatrixView lanes, Panels panels, int tile)
    {
        panels.Reset(lanes.Rows, lanes.Columns, tile);
        Run(workers, panels.PanelCount, panel => panels.Fill(lanes, panel));
    }

    private static void Run(Workers? workers, int chunks, Action<int> body)
    {
        if (workers is null)
        {
            for (var i = 0; i < chunks; i++)
            {
                body(i);
            }
        }
        else
        {
            workers.Run(chunks, (chunk, _) => body(chunk));
        }
    }
}

/// <summary>Width of the registers that products run in; all give the same bits.</summary>
internal enum GemmWidth
{
    /// <summary>The widest of this processor.</summary>
    Auto,
    Bits128,
    Bits256,
    Bits512,
}
