using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Tests.Calibration;

/// <summary>The loss of a whole model on given labels, and its gradient at one matrix, from the engine's output gradients and inputs.</summary>
internal sealed unsafe class WeightGradient : ITapeObserver
{
    private readonly WeightRef _weight;
    private readonly Compiler.Ir.Graph _graph;
    private float[] _result = [];

    private WeightGradient(Compiler.Ir.Graph graph, WeightRef weight) => (_graph, _weight) = (graph, weight);

    /// <summary>Σ −log p(label), nats.</summary>
    public static double Loss(Compiler.Ir.Graph graph, IWeightValues weights, WindowSet windows, int[] labels)
    {
        using var engine = new GraphEngine(graph, weights, new Workers(1, CancellationToken.None));
        using var head = new HeadPass(engine);
        engine.Forward(windows, 0, null);
        var logits = head.Logits(engine.HeadInput(0), windows.Tokens);
        return labels.Select((label, t) =>
        {
            var row = new ReadOnlySpan<float>(logits + (t * head.Vocabulary), head.Vocabulary).ToArray();
            return Math.Log(row.Sum(l => Math.Exp(l))) - row[label];
        }).Sum();
    }

    public static float[] Of(Compiler.Ir.Graph graph, IWeightValues weights, WindowSet windows, int[] labels, WeightRef weight)
    {
        var observer = new WeightGradient(graph, weight);
        Backward(graph, weights, windows, labels, observer);
        return observer._result;
    }

    /// <summary>Runs the loss's gradient through the model.</summary>
    public static void Backward(Compiler.Ir.Graph graph, IWeightValues weights, WindowSet windows, int[] labels, ITapeObserver observer)
    {
        using var engine = new GraphEngine(graph, weights, new Workers(1, CancellationToken.None));
        using var head = new HeadPass(engine);
        engine.Forward(windows, windows.Count, null);
        var logits = head.Logits(engine.HeadInput(0), windows.Tokens);
        for (var t = 0; t < labels.Length; t++)
        {
            var row = new Span<float>(logits + (t * head.Vocabulary), head.Vocabulary);
            var p = row.ToArray().Select(l => Math.Exp(l)).ToArray();
            for (var i = 0; i < p.Length; i++)
            {
                row[i] = (float)(p[i] / p.Sum()) - (i == labels[t] ? 1 : 0);
            }
        }

        head.Back(engine.HeadInputGradient(0), windows.Tokens);
        engine.Backward(observer);
    }

    /// <summary>dW = dyᵀ x.</summary>
    public void LinearOutputGradient(Tape tape, WeightRef matrix, float* gradient, float* output, int rows)
    {
        if (!ReferenceEquals(matrix, _weight))
        {
            return;
        }

        var input = _graph.Nodes.Single(n => n.Op.Weights.Contains(matrix)).Inputs[0];
        var x = tape[input];
        _result = new float[matrix.Rows * matrix.Columns];
        for (var i = 0; i < _result.Length; i++)
        {
            for (var t = 0; t < tape.Tokens; t++)
            {
                _result[i] += gradient[(t * matrix.Rows) + (i / matrix.Columns)] * x[(t * matrix.Columns) + (i % matrix.Columns)];
            }
        }
    }
}
