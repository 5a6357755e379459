using System.Runtime.InteropServices;
using ModelPack.Execution;
using ModelPack.Kernels;

namespace ModelPack.Bench;

/// <summary>One multiplication W·X, divided between the workers of a pool in chunks of whole row blocks as the executor divides it.</summary>
internal sealed unsafe class MatrixCase : ParallelJob, IDisposable
{
    private const int ChunksPerThread = 4;

    private readonly MatrixKernel _kernel;
    private readonly WorkerPool _pool;
    private readonly List<nint> _allocations = [];
    private readonly MatrixCall _call;
    private readonly QuantizedActivations _codes;
    private readonly float* _x;
    private readonly byte* _scratch;
    private readonly long _scratchBytes;
    private readonly int _chunks;
    private readonly int _blocks;

    /// <param name="kernel">The format.</param>
    /// <param name="set">The rung.</param>
    /// <param name="pool">Its threads are used.</param>
    /// <param name="weightBytes">About so large is W.</param>
    /// <param name="columns">Length of a row.</param>
    /// <param name="tokens">Columns of X.</param>
    public MatrixCase(MatrixKernel kernel, KernelSet set, WorkerPool pool, long weightBytes, int columns, int tokens)
    {
        _kernel = kernel;
        _pool = pool;
        var blockBytes = kernel.Bytes(kernel.RowsPerBlock, columns);
        _blocks = (int)Math.Max(pool.Threads, weightBytes / blockBytes);
        Rows = _blocks * kernel.RowsPerBlock;
        Weights = (long)Rows * columns;
        Bytes = kernel.Bytes(Rows, columns);
        _chunks = pool.Threads == 1 ? 1 : Math.Min(_blocks, pool.Threads * ChunksPerThread);

        var weight = Allocate(Bytes);
        FillWeights(new(weight, checked((int)Bytes)));
        _x = (float*)Allocate((long)tokens * columns * sizeof(float));
        var random = new Random(1);
        for (long i = 0; i < (long)tokens * columns; i++)
        {
            _x[i] = random.NextSingle() - 0.5f;
        }

        _codes = QuantizedActivations.In(Allocate(QuantizedActivations.Bytes(tokens, columns)), tokens, columns);
        for (var t = 0; t < tokens && kernel.UsesInt8; t++)
        {
            _codes.Quantize<ScalarLanes>(_x + ((long)t * columns), columns, t);
        }

        _scratchBytes = (kernel.ScratchBytes(columns) + 63) / 64 * 64;
        _scratch = Allocate(_scratchBytes * pool.Threads);
        var y = Allocate((long)tokens * Rows * sizeof(float));
        _call = new(set, (nint)weight, Rows, columns, tokens, (nint)y, Rows, Accumulate: false);
    }

    public int Rows { get; }

    /// <summary>Elements of W.</summary>
    public long Weights { get; }

    /// <summary>Bytes of W.</summary>
    public long Bytes { get; }

    public void Run() => _pool.Run(this, _chunks);

    public override void Run(int chunk, int worker)
    {
        var first = (int)((long)_blocks * chunk / _chunks);
        var end = (int)((long)_blocks * (chunk + 1) / _chunks);
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

    /// <summary>Bytes that are normal numbers wherever a format reads a scale from them, be it a byte, f16, bf16 or f32: subnormal numbers and NaN have speeds of their own.</summary>
    private static void FillWeights(Span<byte> bytes)
    {
        new Random(2).NextBytes(bytes);
        foreach (ref var b in bytes)
        {
            b = (byte)(0x28 + (b & 0x0f));
        }
    }

    private byte* Allocate(long bytes)
    {
        var p = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 4096);
        NativeMemory.Clear(p, (nuint)Math.Max(bytes, 64));
        _allocations.Add((nint)p);
        return p;
    }
}
