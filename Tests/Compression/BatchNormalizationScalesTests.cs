using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Quantize;

namespace ModelPack.Tests.Compression;

/// <summary>Which matrices a batch normalization frees, and that nothing changes; on a whole network: <see cref="Models.ConvolutionTests"/>.</summary>
public sealed class BatchNormalizationScalesTests
{
    private const int Rows = 6, Columns = 5;

    /// <summary>As in networks that normalise behind the activation.</summary>
    [Fact]
    public void Biases_and_activations_lie_between()
    {
        var graph = Graph(new ReluOp(), out var matrix);
        var scaled = Assert.Single(BatchNormalizationScales.Apply(graph, [Input(matrix)], new SourceWeights(KernelSet.Scalar)));
        Assert.Equal(["bias", "mean", "variance"], scaled.Vectors.Keys.Order());
        float[] before = Run(graph, []), after = Run(graph, new() { ["w"] = scaled.Values() }, scaled.Vectors);
        Assert.All(before.Zip(after), p => Assert.Equal(p.First, p.Second, 1e-5));
        Assert.NotEqual(Run(graph, new() { ["w"] = scaled.Values() }), before);
        Assert.All(scaled.Vectors["variance"], v => Assert.True(v > 0));
    }

    [Fact]
    public void A_result_that_is_read_elsewhere_too_is_left_alone()
    {
        var graph = Graph(new ReluOp(), out var matrix);
        graph.Add(new ReluOp(), "elsewhere", "", graph.Nodes.Single(n => n.Op is LinearOp { Matrices: [{ Name: "w" }] }).Outputs[0]);
        var input = Input(matrix);
        Assert.Same(input, Assert.Single(BatchNormalizationScales.Apply(graph, [input], new SourceWeights(KernelSet.Scalar))));
    }

    [Fact]
    public void Other_operations_are_not_passed()
    {
        var graph = Graph(new GeluOp(), out var matrix);
        var input = Input(matrix);
        Assert.Same(input, Assert.Single(BatchNormalizationScales.Apply(graph, [input], new SourceWeights(KernelSet.Scalar))));
    }

    /// <summary>Input, matrix, bias, activation, batch normalization, head.</summary>
    private static Compiler.Ir.Graph Graph(Op activation, out WeightRef matrix)
    {
        var graph = new Compiler.Ir.Graph();
        matrix = Weight("w", Rows, Columns, 1);
        var x = graph.Add(new InputOp("x", Columns), "x", "");
        x = graph.Add(new AddBiasOp(Vector("bias", 2)), "b", "", graph.Add(new LinearOp(matrix), "y", "", x));
        x = graph.Add(activation, "a", "", x);
        var variance = Vector("variance", 5) with { Values = [.. RandomMatrices.Gaussian(Rows, 5).Select(v => v * v)] };
        x = graph.Add(new BatchNormalizationOp(Vector("gain", 3), Vector("shift", 6), Vector("mean", 4), variance, 1e-3f), "n", "", x);
        graph.Outputs["logits"] = graph.Add(new LinearOp(Weight("head", Rows, Rows, 7)), "logits", "", x);
        return graph;
    }

    private static MatrixInput Input(WeightRef matrix) =>
        new(matrix.Name, matrix.ReadFloats, new(RandomMatrices.Moments(Columns, 8), [.. RandomMatrices.Gaussian(Rows, 9).Select(g => 1e-3f + (g * g))]), MatrixKind.Linear);

    private static WeightRef Vector(string name, int seed) => Weight(name, 1, Rows, seed) with { IsVector = true };

    private static WeightRef Weight(string name, int rows, int columns, int seed) => new(name, rows, columns, "", -1) { Values = RandomMatrices.Gaussian(rows * columns, seed) };

    private static unsafe float[] Run(Compiler.Ir.Graph graph, Dictionary<string, float[]> matrices, IReadOnlyDictionary<string, float[]>? vectors = null)
    {
        var replaced = matrices.Concat(vectors ?? new Dictionary<string, float[]>()).ToDictionary(v => v.Key, IWeightRows (v) => new FloatRows(v.Value));
        using var engine = new GraphEngine(graph, new ReplacedWeights(new SourceWeights(KernelSet.Scalar), replaced), new Workers(1, CancellationToken.None));
        using var head = new HeadPass(engine);
        engine.Forward(WindowSet.OfSamples("x", RandomMatrices.Gaussian(8 * Columns, 10), Columns), 0, null);
        return new ReadOnlySpan<float>(head.Logits(engine.HeadInput(0), 8), 8 * Rows).ToArray();
    }
}
