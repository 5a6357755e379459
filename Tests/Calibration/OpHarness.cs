using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Tests.Calibration;

/// <summary>One operation on random inputs, forward and back, in the engine.</summary>
internal sealed unsafe class OpHarness : IDisposable
{
    private readonly BufferPool _pool = new();
    private readonly Gemm _gemm = new();
    private readonly MatrixCache _matrices;
    private readonly Tape _tape;
    private readonly Node _node;
    private readonly int[] _ids;
    private readonly int _window;

    public OpHarness(Op op, int[] inputWidths, int[] ids, int window, int threads = 1)
    {
        (_ids, _window) = (ids, window);
        var workers = new Workers(threads, CancellationToken.None);
        var kernels = KernelSets.Resolve(KernelSet.Auto);
        _matrices = new(new SourceWeights(kernels), _gemm, workers);
        _tape = new(workers, _gemm, kernels, _matrices, _pool);
        Inputs = [.. inputWidths.Select((w, i) => new Value(i, $"in{i}", w))];
        Outputs = [.. op.InferWidths(inputWidths).Select((w, i) => new Value(100 + i, $"out{i}", w))];
        _node = new(op, Inputs, Outputs, 0, "");
    }

    /// <summary>Of the graph's inputs.</summary>
    public IReadOnlyDictionary<string, float[]>? Samples { get; init; }

    public Value[] Inputs { get; }

    public Value[] Outputs { get; }

    /// <summary>Σ coefficient · output, in double.</summary>
    public double Loss(float[][] inputs, float[][] coefficients)
    {
        Forward(inputs);
        double loss = 0;
        for (var o = 0; o < Outputs.Length; o++)
        {
            var y = Read(_tape[Outputs[o]], Outputs[o]);
            loss += y.Zip(coefficients[o], (a, b) => (double)a * b).Sum();
        }

        _tape.End();
        return loss;
    }

    public float[][] Results(float[][] inputs)
    {
        Forward(inputs);
        var results = Outputs.Select(o => Read(_tape[o], o)).ToArray();
        _tape.End();
        return results;
    }

    /// <summary>The loss's gradient at each input.</summary>
    public float[][] Gradients(float[][] inputs, float[][] coefficients, ITapeObserver? observer = null)
    {
        Forward(inputs);
        for (var o = 0; o < Outputs.Length; o++)
        {
            coefficients[o].CopyTo(new Span<float>(_tape.Gradient(Outputs[o]), coefficients[o].Length));
        }

        _tape.Observer = observer;
        OpGradients.Of(_node.Op).Backward(_tape, _node);
        _tape.Observer = null;
        var gradients = Inputs.Select(i => Read(_tape.Gradient(i), i)).ToArray();
        _tape.End();
        return gradients;
    }

    public void Dispose()
    {
        _tape.Dispose();
        _matrices.Dispose();
        _gemm.Dispose();
        _pool.Dispose();
    }

    private void Forward(float[][] inputs)
    {
        _tape.Begin(_ids, _window, Samples);
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(new Span<float>(_tape[Inputs[i]], inputs[i].Length));
        }

        OpGradients.Of(_node.Op).Forward(_tape, _node);
    }

    private float[] Read(float* data, Value value) => new ReadOnlySpan<float>(data, _ids.Length * value.Width).ToArray();
}
