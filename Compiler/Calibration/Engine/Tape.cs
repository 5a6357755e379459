using ModelPack.Compiler.Ir;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>What goes by while a tape runs; windows come in order.</summary>
internal interface ITapeObserver
{
    /// <summary>A linear's input on the way forward: x is [rows, columns], rows the tokens, or the positions of all samples.</summary>
    unsafe void LinearInput(Tape tape, Value input, float* x, int rows)
    {
    }

    /// <summary>The gradient at a linear's output on the way back: [rows, matrix.Rows], and the output itself.</summary>
    unsafe void LinearOutputGradient(Tape tape, WeightRef matrix, float* gradient, float* output, int rows)
    {
    }

    /// <summary>The gradient at what an embedding gave: [tokens, table.Columns].</summary>
    unsafe void EmbeddingGradient(Tape tape, WeightRef table, float* gradient)
    {
    }

    /// <summary>A norm on the way back: its normalised input before the gain and the gradient behind it, both [tokens, width].</summary>
    unsafe void NormGradient(Tape tape, WeightRef gain, float* output, float* gradient)
    {
    }
}

/// <summary>
/// The values and gradients of one segment of the graph for one batch of windows: [tokens, width] f32 each, windows one after the other.
/// </summary>
internal sealed unsafe class Tape(Workers workers, Gemm gemm, KernelSet kernels, MatrixCache matrices, BufferPool pool) : IDisposable
{
    private readonly Dictionary<int, NativeBuffer> _values = [];
    private readonly Dictionary<int, NativeBuffer> _gradients = [];
    private readonly HashSet<int> _borrowed = [];

    public Workers Workers => workers;

    public Gemm Gemm => gemm;

    public KernelSet Kernels => kernels;

    public MatrixCache Matrices => matrices;

    public AttentionScratch?[] Scratch { get; } = new AttentionScratch?[workers.Threads];

    /// <summary>Token ids of the batch.</summary>
    public ReadOnlyMemory<int> Ids { get; private set; }

    /// <summary>Positions of a window.</summary>
    public int WindowLength { get; private set; }

    public int Tokens => Ids.Length;

    public int Windows => Tokens / WindowLength;

    public ITapeObserver? Observer { get; set; }

    /// <summary>Values of the graph's inputs by name, [samples, width]; the ids are then the samples' indices.</summary>
    public IReadOnlyDictionary<string, float[]>? Samples { get; private set; }

    public void Begin(ReadOnlyMemory<int> ids, int windowLength, IReadOnlyDictionary<string, float[]>? samples = null) => (Ids, WindowLength, Samples) = (ids, windowLength, samples);

    /// <summary>A value of the batch; room for it where it has none yet.</summary>
    public float* this[Value value] => Get(_values, value, clear: false);

    /// <summary>The gradient at a value, zero until something is added.</summary>
    public float* Gradient(Value value) => Get(_gradients, value, clear: true);

    /// <summary>Whether anything downstream depends on the value.</summary>
    public bool HasGradient(Value value) => _gradients.ContainsKey(value.Id);

    /// <summary>Lends a value's buffer; it stays its owner's.</summary>
    public void Lend(Value value, NativeBuffer buffer)
    {
        _values[value.Id] = buffer;
        _borrowed.Add(value.Id);
    }

    /// <summary>Gives a gradient's buffer to the tape.</summary>
    public void GiveGradient(Value value, NativeBuffer buffer) => _gradients[value.Id] = buffer;

    /// <summary>Takes a value's buffer away from the tape.</summary>
    public NativeBuffer Take(Value value) => _values.Remove(value.Id, out var buffer) ? buffer : throw new InvalidOperationException($"{value} was not computed.");

    /// <summary>Takes a gradient's buffer; null: nothing depends on the value.</summary>
    public NativeBuffer? TakeGradient(Value value) => _gradients.Remove(value.Id, out var buffer) ? buffer : null;

    /// <summary>Room for [tokens, width] that the caller gives back.</summary>
    public NativeBuffer Rent(int width) => pool.Rent((long)Tokens * width);

    public void Return(NativeBuffer buffer) => pool.Return(buffer);

    /// <summary>Forgets the batch.</summary>
    public void End()
    {
        foreach (var (id, buffer) in _values)
        {
            if (!_borrowed.Contains(id))
            {
                pool.Return(buffer);
            }
        }

        foreach (var buffer in _gradients.Values)
        {
            pool.Return(buffer);
        }

        _values.Clear();
        _gradients.Clear();
        _borrowed.Clear();
    }

    /// <summary>Runs a kernel over ranges of tokens.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="atATime">Tokens of a range; 1 where each is a sample, work enough for a thread.</param>
    public void Rows<K>(K kernel, int atATime = 64)
        where K : struct, IRowKernel
    {
        var set = kernels;
        workers.Ranges(Tokens, atATime, (first, end, _) => RowRange.Run(set, kernel, first, end));
    }

    public void Dispose()
    {
        End();
        foreach (var scratch in Scratch)
        {
            scratch?.Dispose();
        }
    }

    private float* Get(Dictionary<int, NativeBuffer> buffers, Value value, bool clear)
    {
        if (!buffers.TryGetValue(value.Id, out var buffer))
        {
            var floats = (long)Tokens * value.Width;
            buffer = pool.Rent(floats);
            if (clear)
            {
                new Span<byte>(buffer.Pointer, checked((int)(floats * sizeof(float)))).Clear();
            }

            buffers.Add(value.Id, buffer);
        }

        return buffer.Floats;
    }
}
