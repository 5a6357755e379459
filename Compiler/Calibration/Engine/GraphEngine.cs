using ModelPack.Compiler.Ir;
using ModelPack.Execution;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>Token ids of windows of one length, one after the other; or indices of samples, in windows of length 1.</summary>
internal sealed record WindowSet(int[] Ids, int Length)
{
    /// <summary>Where the ids are indices of samples: values of the graph's inputs by name, [samples, width].</summary>
    public IReadOnlyDictionary<string, float[]>? Samples { get; init; }

    /// <summary>All samples of one input, in order.</summary>
    public static WindowSet OfSamples(string input, float[] values, int width) =>
        new([.. Enumerable.Range(0, values.Length / width)], 1) { Samples = new Dictionary<string, float[]> { [input] = values } };

    public int Count => Ids.Length / Length;

    public int Tokens => Count * Length;

    public WindowSet Range(int first, int count) => this with { Ids = Ids[(first * Length)..((first + count) * Length)] };
}

/// <summary>
/// Runs a graph on whole windows in f32, forward and back, one segment after the other: all windows pass through a segment while its matrices are expanded. Kept between
/// segments are only the values that cross; on the way back each segment is computed anew. Results depend neither on threads nor on the processor, nor on the batch.
/// </summary>
internal sealed unsafe class GraphEngine : IDisposable
{
    /// <summary>Tokens at a time, and floats of a value: bound the memory of a segment's activations.</summary>
    private const int BatchTokens = 2048, BatchFloats = 1 << 23;

    private readonly IReadOnlyList<GraphSegment> _segments;
    private readonly BufferPool _pool = new();
    private readonly Gemm _gemm;
    private readonly Dictionary<int, NativeBuffer?[]> _values = [];
    private readonly Dictionary<int, NativeBuffer?[]> _gradients = [];
    private WindowSet _windows = new([], 1);
    private IReadOnlyList<(int First, int Count)> _batches = [];
    private readonly int _widest;
    private int _keep;

    public GraphEngine(Graph graph, IWeightValues weights, Workers workers, KernelSet kernels = KernelSet.Auto, GemmWidth width = GemmWidth.Auto)
    {
        (_segments, Head, HeadBias) = GraphSegment.Cut(graph);
        var rows = ((LinearOp)Head.Op).Matrices[0].Rows;
        PredictsTokens = _segments.SelectMany(s => s.Nodes).Any(n => n.Op is EmbeddingOp embedding && embedding.Table.Rows == rows);
        _widest = _segments.SelectMany(x => x.Nodes).SelectMany(n => n.Outputs).Max(v => (int?)v.Width) ?? 1;
        Kernels = KernelSets.Resolve(kernels);
        Workers = workers;
        _gemm = new(width);
        Matrices = new(weights, _gemm, workers);
        Tape = new(workers, _gemm, Kernels, Matrices, _pool);
    }

    public Workers Workers { get; }

    public KernelSet Kernels { get; }

    public MatrixCache Matrices { get; }

    public Gemm Gemm => _gemm;

    public Tape Tape { get; }

    /// <summary>The linear that gives the logits; runs on its own (<see cref="HeadPass"/>).</summary>
    public Node Head { get; }

    /// <summary>Whether the logits are about the tokens that the graph looks up, and not about classes or texts.</summary>
    public bool PredictsTokens { get; }

    /// <summary>What is added to its result; null: nothing.</summary>
    public WeightRef? HeadBias { get; }

    public int BatchCount => _batches.Count;

    /// <summary>Batches of windows that can go back: the first ones.</summary>
    public int KeptBatches => _batches.Count(b => b.First < _keep);

    public int SegmentCount => _segments.Count;

    /// <summary>Runs all windows up to the head's input.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="keep">Windows from the first that can go <see cref="Backward"/>.</param>
    /// <param name="observer">Sees linears' inputs.</param>
    /// <param name="segmentDone">Called after each segment with its matrices' inputs all seen.</param>
    public void Forward(WindowSet windows, int keep, ITapeObserver? observer, Action<GraphSegment>? segmentDone = null)
    {
        Release();
        (_windows, _keep, _batches) = (windows, keep, Batches(windows, keep));
        for (var s = 0; s < _segments.Count; s++)
        {
            for (var b = 0; b < BatchCount; b++)
            {
                Begin(b, _segments[s]);
                Tape.Observer = observer;
                Run(_segments[s]);
                foreach (var output in _segments[s].Outputs)
                {
                    Slot(_values, output)[b] = Tape.Take(output);
                }

                Tape.End();
            }

            Matrices.Clear();
            Forget(s);
            segmentDone?.Invoke(_segments[s]);
        }
    }

    /// <summary>Runs the kept windows back; their gradients at the head's input were set before.</summary>
    public void Backward(ITapeObserver observer, Action<GraphSegment>? segmentDone = null)
    {
        for (var s = _segments.Count - 1; s >= 0; s--)
        {
            for (var b = 0; b < KeptBatches; b++)
            {
                Begin(b, _segments[s]);
                Tape.Observer = null;
                Run(_segments[s]);
                Tape.Observer = observer;
                foreach (var output in _segments[s].Outputs)
                {
                    if (Slot(_gradients, output)[b] is { } gradient)
                    {
                        Tape.GiveGradient(output, gradient);
                        Slot(_gradients, output)[b] = null;
                    }
                }

                RunBack(_segments[s], b);
                Tape.End();
            }

            Matrices.Clear();
            segmentDone?.Invoke(_segments[s]);
        }
    }

    /// <summary>Token ids of a batch.</summary>
    public ReadOnlyMemory<int> BatchIds(int batch) => _windows.Ids.AsMemory(_batches[batch].First * _windows.Length, _batches[batch].Count * _windows.Length);

    /// <summary>The head's input for a batch, [tokens, width]; alive until the next <see cref="Forward"/>.</summary>
    public float* HeadInput(int batch) => _values[Head.Inputs[0].Id][batch]!.Floats;

    /// <summary>Room for the gradient at the head's input of a batch.</summary>
    public float* HeadInputGradient(int batch)
    {
        var slot = Slot(_gradients, Head.Inputs[0]);
        return (slot[batch] ??= _pool.Rent((long)BatchIds(batch).Length * Head.Inputs[0].Width)).Floats;
    }

    public void Dispose()
    {
        Tape.Dispose();
        Release();
        Matrices.Dispose();
        _gemm.Dispose();
        _pool.Dispose();
    }

    /// <summary>No batch holds windows that go back and others.</summary>
    private List<(int First, int Count)> Batches(WindowSet windows, int keep)
    {
        var size = Math.Max(1, Math.Min(BatchTokens, BatchFloats / _widest) / windows.Length);
        var batches = new List<(int First, int Count)>();
        for (int first = 0, count; first < windows.Count; first += count)
        {
            count = Math.Min(size, (first < keep ? keep : windows.Count) - first);
            batches.Add((first, count));
        }

        return batches;
    }

    private void Begin(int batch, GraphSegment segment)
    {
        Workers.Cancellation.ThrowIfCancellationRequested();
        Tape.Begin(BatchIds(batch), _windows.Length, _windows.Samples);
        foreach (var input in segment.Inputs)
        {
            Tape.Lend(input, _values[input.Id][batch] ?? throw new InvalidOperationException($"{input} is gone."));
        }
    }

    private void Run(GraphSegment segment)
    {
        foreach (var node in segment.Nodes)
        {
            OpGradients.Of(node.Op).Forward(Tape, node);
        }
    }

    private void RunBack(GraphSegment segment, int batch)
    {
        // Gradients that other segments have added already are the start of this one's.
        foreach (var input in segment.Inputs)
        {
            if (Slot(_gradients, input)[batch] is { } gradient)
            {
                Tape.GiveGradient(input, gradient);
                Slot(_gradients, input)[batch] = null;
            }
        }

        foreach (var node in segment.Nodes.Reverse())
        {
            if (node.Outputs.Any(Tape.HasGradient))
            {
                OpGradients.Of(node.Op).Backward(Tape, node);
            }
        }

        foreach (var input in segment.Inputs)
        {
            Slot(_gradients, input)[batch] = Tape.TakeGradient(input);
        }
    }

    /// <summary>Gives back, of the windows that do not go back, what no later segment reads.</summary>
    private void Forget(int done)
    {
        var needed = _segments.Skip(done + 1).SelectMany(s => s.Inputs).Append(Head.Inputs[0]).Select(v => v.Id).ToHashSet();
        foreach (var (id, buffers) in _values)
        {
            for (var b = 0; b < buffers.Length && !needed.Contains(id); b++)
            {
                if (b >= KeptBatches && buffers[b] is { } buffer)
                {
                    _pool.Return(buffer);
                    buffers[b] = null;
                }
            }
        }
    }

    private NativeBuffer?[] Slot(Dictionary<int, NativeBuffer?[]> slots, Value value)
    {
        if (!slots.TryGetValue(value.Id, out var buffers))
        {
            slots.Add(value.Id, buffers = new NativeBuffer?[BatchCount]);
        }

        return buffers;
    }

    private void Release()
    {
        foreach (var buffer in _values.Values.Concat(_gradients.Values).SelectMany(b => b).OfType<NativeBuffer>())
        {
            _pool.Return(buffer);
        }

        _values.Clear();
        _gradients.Clear();
    }
}
