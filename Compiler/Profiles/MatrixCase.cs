using System.Runtime.InteropServices;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Profiles;

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
    private readonly int _slices;
    private readonly bool _own;
    private int _slice;

    /// <param name="weight">W.</param>
    /// <param name="set">The rung.</param>
    /// <param name="pool">Its threads are used.</param>
    /// <param name="tokens">Columns of X.</param>
    /// <param name="slices">A run multiplies one of so many parts of W, the next run the next: short runs, which a busy machine disturbs less often.</param>
    /// <param name="own">
    /// Each worker multiplies its own part of W, so that this stays in its own cache; else chunks of whole row blocks go to whoever is free, as the executor has it.
    /// </param>
    public MatrixCase(ResidentWeight weight, KernelSet set, WorkerPool pool, int tokens, int slices, bool own)
    {
        _kernel = weight.Kernel;
        _pool = pool;
        _own = own;
        _slices = slices;
        _blocks = weight.Rows / _kernel.RowsPerBlock / slices;
        _chunks = own || pool.Threads == 1 ? pool.Threads : Math.Min(_blocks, pool.Threads * ChunksPerThread);
        Products = (long)_blocks * _kernel.RowsPerBlock * weight.Columns * tokens;

        var columns = weight.Columns;
        _x = (float*)Allocate((long)tokens * columns * sizeof(float));
        var random = new Random(1);
        for (long i = 0; i < (long)tokens * columns; i++)
        {
            _x[i] = random.NextSingle() - 0.5f;
        }

        var buffer = Allocate(QuantizedActivations.MostBytes(tokens, columns));
        _codes = weight.Tiled is null ? QuantizedActivations.In(buffer, tokens, columns) : QuantizedActivations.TiledIn(buffer, tokens, columns);
        for (var t = 0; t < tokens && _kernel.UsesInt8; t++)
        {
            Quantize(_x + ((long)t * columns), t, weight.Tiled, columns);
        }

        _scratchBytes = (_kernel.ScratchBytes(columns) + 63) / 64 * 64;
        _scratch = Allocate(_scratchBytes * pool.Threads);
        var y = Allocate((long)tokens * weight.Rows * sizeof(float));
        _call = new(set, weight.Address, weight.Rows, columns, tokens, (nint)y, weight.Rows, Accumulate: false, weight.Tiled);
    }

    /// <summary>Weights times tokens of one run.</summary>
    public long Products { get; }

    public void Run()
    {
        _slice = (_slice + 1) % _slices;
        _pool.Run(this, _chunks);
    }

    public override void Run(int chunk, int worker)
    {
        var part = _own ? worker : chunk;
        var start = _blocks * _slice;
        var first = start + (int)((long)_blocks * part / _chunks);
        var end = start + (int)((long)_blocks * (part + 1) / _chunks);
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
