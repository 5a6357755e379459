using System.Runtime.InteropServices;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Bench;

/// <summary>One multiplication W·X, divided between the workers of a pool.</summary>
internal sealed unsafe class MatrixCase : ParallelJob, IDisposable
{
    private const int ChunksPerThread = 4;

    private readonly WorkerPool _pool;
    private readonly MatrixKernel _kernel;
    private readonly List<nint> _allocations = [];
    private readonly MatrixCall _call;
    private readonly QuantizedActivations _codes;
    private readonly float* _x;
    private readonly byte* _scratch;
    private readonly long _scratchBytes;
    private readonly int _chunks;
    private readonly int _blocks;
    private readonly bool _own;

    /// <param name="memory">W and its rung.</param>
    /// <param name="pool">Its threads are used.</param>
    /// <param name="tokens">Columns of X.</param>
    /// <param name="own">
    /// Each worker multiplies its own part of W, so that this stays in its own cache; else chunks of whole row blocks go to whoever is free, as the executor has it.
    /// </param>
    public MatrixCase(ResidentWeight memory, KernelSet set, WorkerPool pool, int tokens, bool own)
    {
        _kernel = memory.Kernel;
        _pool = pool;
        _own = own;
        _blocks = memory.Rows / _kernel.RowsPerBlock;
        _chunks = own || pool.Threads == 1 ? pool.Threads : Math.Min(_blocks, pool.Threads * ChunksPerThread);
        Products = (long)memory.Rows * memory.Columns * tokens;

        var columns = memory.Columns;
        _x = (float*)Allocate((long)tokens * columns * sizeof(float));
        var random = new Random(1);
        for (long i = 0; i < (long)tokens * columns; i++)
        {
            _x[i] = random.NextSingle() - 0.5f;
        }

        var buffer = Allocate(QuantizedActivations.MostBytes(tokens, columns));
        _codes = memory.Tiled is null ? QuantizedActivations.In(buffer, tokens, columns) : QuantizedActivations.TiledIn(buffer, tokens, columns);
        for (var t = 0; t < tokens && _kernel.UsesInt8; t++)
        {
            Quantize(_x + ((long)t * columns), t, memory.Tiled, columns);
        }

        _scratchBytes = (_kernel.ScratchBytes(columns) + 63) / 64 * 64;
        _scratch = Allocate(_scratchBytes * pool.Threads);
        var y = Allocate((long)tokens * memory.Rows * sizeof(float));
        _call = new(set, memory.Address, memory.Rows, columns, tokens, (nint)y, memory.Rows, Accumulate: false, memory.Tiled);
    }

    /// <summary>Weights times tokens of one run.</summary>
    public long Products { get; }

    public void Run() => _pool.Run(this, _chunks);

    public override void Run(int chunk, int worker)
    {
        var part = _own ? worker : chunk;
        var first = (int)((long)_blocks * part / _chunks);
        var end = (int)((long)_blocks * (part + 1) / _chunks);
        var scratch = _scratch + (worker * _scratchBytes);
        if (_kernel.UsesInt8)
        {
            _kernel.MultiplyInt8(_call, _codes, first, end, scratch);
        }
        else
        {
            _kernel.MultiplyFloat(_call, _x, _call.Columns, first, end, scratch);
        }
    }

    public void Dispose()
    {
        foreach (var allocation in _allocations)
        {
            NativeMemory.AlignedFree((void*)allocation);
        }

        _allocations.Clear();
    }

    private void Quantize(float* x, int token, TiledView? tiled, int columns)
    {
        if (tiled is null)
        {
            _codes.Quantize<ScalarLanes>(x, columns, token);
        }
        else
        {
            _codes.Quantize<ScalarLanes>(x, tiled, token);
        }
    }

    private byte* Allocate(long bytes)
    {
        var size = (nuint)Math.Max(bytes, 64);
        var p = (byte*)NativeMemory.AlignedAlloc(size, 4096);
        NativeMemory.Clear(p, size);
        _allocations.Add((nint)p);
        return p;
    }
}
