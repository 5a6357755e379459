using System.ComponentModel;
using ModelPack.Kernels;

namespace ModelPack.Execution;

/// <summary>
/// Runs kernels for one sequence: knows the batch, the activation arena, the KV cache, the rung and the worker pool.
/// Each operation is one partial file beside this one; the plan's opcodes have the operations' names
/// (Generator/Plan/KernelCatalog.cs).
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed unsafe partial class Executor : IDisposable
{
    // Below this many floats an elementwise operation is not worth waking other threads for.
    private const int ParallelFloats = 1 << 14;

    private readonly ModelShape _shape;
    private readonly WorkerPool _pool;
    private readonly KernelSet _kernels;
    private readonly bool _floatActivations;
    private readonly Scratch _scratch;
    private readonly ElementwiseJob _elementwise;
    private readonly LinearJob _linear;
    private readonly AttentionJob _attention;
    private NativeBuffer _arena = new(0);
    private readonly List<NativeBuffer> _int8 = [];
    private NativeBuffer _logits = new(0);
    private int[] _ids = [];
    private int[] _wanted = [];
    private int _capacity;

    internal Executor(ModelShape shape, WorkerPool pool, KernelSet kernels, bool floatActivations)
    {
        _shape = shape;
        _pool = pool;
        _kernels = kernels;
        _floatActivations = floatActivations;
        _scratch = new(pool.Threads);
        Cache = new(shape);
        _elementwise = new(this);
        _linear = new(this);
        _attention = new(this);
    }

    /// <summary>Tokens in the current batch; after <see cref="SelectOutputs"/>, those whose logits are wanted.</summary>
    public int Tokens { get; private set; }

    /// <summary>The logits of the wanted tokens, [wanted, vocabulary]; written by the last operation.</summary>
    public Activations Logits => new(_logits.Floats, _shape.VocabularySize, _shape.VocabularySize);

    internal KvCache Cache { get; }

    /// <summary>Position of the batch's first token.</summary>
    internal int FirstPosition { get; private set; }

    /// <summary>
    /// The region of the arena that starts at <paramref name="offset"/> floats per token, <paramref name="width"/> wide.
    /// Regions lie one after the other, [tokens, width] each.
    /// </summary>
    public Activations Buffer(int offset, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _shape.ArenaFloats - width);
        return new(_arena.Floats + ((nint)offset * _capacity), width, width);
    }

    /// <summary>Starts a batch: positions Cache.Length … Cache.Length + ids.Length − 1.</summary>
    /// <param name="ids">Checked token ids.</param>
    /// <param name="wanted">Indices into the batch whose logits are wanted, ascending.</param>
    internal void Begin(ReadOnlySpan<int> ids, ReadOnlySpan<int> wanted)
    {
        if (ids.Length > _capacity)
        {
            _capacity = ids.Length;
            _arena.Dispose();
            _arena = new((long)_capacity * _shape.ArenaFloats * sizeof(float));
            FreeInt8();
            _ids = new int[_capacity];
            _wanted = new int[_capacity];
        }

        var logitBytes = (long)wanted.Length * _shape.VocabularySize * sizeof(float);
        if (logitBytes > _logits.Bytes)
        {
            _logits.Dispose();
            _logits = new(logitBytes);
        }

        ids.CopyTo(_ids);
        wanted.CopyTo(_wanted);
        _wantedCount = wanted.Length;
        Tokens = ids.Length;
        FirstPosition = Cache.Length;
        _ropeTable = null;
        Cache.Reserve(FirstPosition + ids.Length);
    }

    /// <summary>Ends the batch: its keys and values count as part of the sequence.</summary>
    /// <param name="length">Positions in the sequence now.</param>
    internal void End(int length) => Cache.SetLength(length);

    /// <summary>Memory this sequence holds: arena, int8 activations, logits, scratch and KV cache.</summary>
    internal long Bytes => _arena.Bytes + Int8Bytes + _logits.Bytes + _scratch.Bytes + Cache.Bytes;

    internal float* LogitsPointer => _logits.Floats;

    /// <summary>Memory the sequence would hold with a batch of <paramref name="tokens"/> more tokens, <paramref name="wanted"/> of them with logits (scratch excluded).</summary>
    internal long BytesWith(int tokens, int wanted)
    {
        var capacity = Math.Max(tokens, _capacity);
        return ((long)capacity * _shape.ArenaFloats * sizeof(float))
            + (Math.Max(_int8.Count, 1) * QuantizedActivations.MostBytes(capacity, _shape.MaxWidth))
            + Math.Max((long)wanted * _shape.VocabularySize * sizeof(float), _logits.Bytes)
            + Cache.BytesFor(Cache.Length + tokens);
    }

    private long Int8Bytes
    {
        get
        {
            long bytes = 0;
            foreach (var buffer in _int8)
            {
                bytes += buffer.Bytes;
            }

            return bytes;
        }
    }

    private void FreeInt8()
    {
        foreach (var buffer in _int8)
        {
            buffer.Dispose();
        }

        _int8.Clear();
    }

    /// <summary>Plans are checked when code is generated from them; this is the last fence before pointers are.</summary>
    private static void Require(bool condition, string operation)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{operation}: the operands' widths do not fit each other; plan and pack do not belong together.");
        }
    }

    /// <summary>Frees the sequence's memory.</summary>
    public void Dispose()
    {
        _arena.Dispose();
        FreeInt8();
        _logits.Dispose();
        _rope.Dispose();
        _partials.Dispose();
        _scratch.Dispose();
        Cache.Dispose();
    }

    /// <summary>Per-worker memory, grown to the largest need.</summary>
    private sealed class Scratch(int workers) : IDisposable
    {
        private NativeBuffer _buffer = new(0);
        private long _stride;

        public long Bytes => _buffer.Bytes;

        public void Reserve(long bytesPerWorker)
        {
            if (bytesPerWorker > _stride)
            {
                _stride = (bytesPerWorker + 127) / 128 * 128;
                _buffer.Dispose();
                _buffer = new(_stride * workers);
            }
        }

        public byte* Of(int worker) => _buffer.Pointer + (worker * _stride);

        public void Dispose() => _buffer.Dispose();
    }
}
