using ModelPack.Compiler;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Tests.Calibration;

/// <summary>Every operation's gradient against finite differences, and its values against plain loops.</summary>
public sealed class OpGradientTests
{
    private const int Window = 9;
    private const int Windows = 2;
    private const int Tokens = Window * Windows;

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static readonly Dictionary<string, (Op Op, int[] Widths)> s_cases = new()
    {
        ["RmsNorm"] = (new RmsNormOp(Weight("gain", 1, 21), 1e-5f), [21]),
        ["RmsNorm without gain"] = (new RmsNormOp(null, 1e-5f), [32]),
        ["Linear"] = (new LinearOp(Weight("w", 13, 21)), [21]),
        ["Linear of three"] = (new LinearOp(Weight("q", 16, 20), Weight("k", 8, 20), Weight("v", 5, 20)), [20]),
        ["LinearAdd"] = (new LinearAddOp(Weight("w", 13, 21)), [21, 13]),
        ["AddBias"] = (new AddBiasOp(Weight("b", 1, 21)), [21]),
        ["Add"] = (new AddOp(), [21, 21]),
        ["Scale"] = (new ScaleOp(1.7f), [21]),
        ["Rope interleaved"] = (new RopeOp(2, Weight("f", 1, 4), 1.25f, true), [20]),
        ["Rope halves"] = (new RopeOp(2, Weight("f", 1, 3), 1f, false), [12]),
        ["Attention"] = (new AttentionOp(4, 2, 5, 7, 0, 0.4f, 0), [20, 10, 14]),
        ["Attention in a sliding window"] = (new AttentionOp(2, 2, 5, 3, 0, 0.4f, 4), [10, 10, 6]),
        ["SwiGlu"] = (new SwiGluOp(), [21, 21]),
        ["SelectOutputs"] = (new SelectOutputsOp(), [21]),
    };

    [Fact]
    public void Every_operation_has_a_case()
    {
        // The embedding has no input; it has a test of its own.
        var tested = s_cases.Values.Select(c => c.Op.GetType()).Append(typeof(EmbeddingOp)).ToHashSet();
        var all = typeof(Op).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract).ToHashSet();
        Assert.Equal(all.Select(t => t.Name).Order(), tested.Select(t => t.Name).Order());
        Assert.Equal(all.Select(t => t.Name).Order(), OpGradients.Known.Select(t => t.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_is_what_finite_differences_say(string name)
    {
        var (op, widths) = s_cases[name];
        using var harness = new OpHarness(op, widths, Ids(), Window);
        var random = new Random(7);
        var inputs = widths.Select(w => Values(random, Tokens * w)).ToArray();
        var coefficients = harness.Outputs.Select(o => Values(random, Tokens * o.Width)).ToArray();
        var gradients = harness.Gradients(inputs, coefficients);
        for (var input = 0; input < inputs.Length; input++)
        {
            var scale = gradients[input].Max(MathF.Abs);
            for (var i = 0; i < inputs[input].Length; i += 3)
            {
                const float Step = 1f / 128;
                var at = inputs[input][i];
                inputs[input][i] = at + Step;
                var above = harness.Loss(inputs, coefficients);
                inputs[input][i] = at - Step;
                var below = harness.Loss(inputs, coefficients);
                inputs[input][i] = at;
                // The third derivative times Step², and f32 noise of the outputs over Step.
                Assert.Equal((above - below) / (2 * Step), gradients[input][i], 2e-3 * scale);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_add_up_and_do_not_depend_on_threads(string name)
    {
        var (op, widths) = s_cases[name];
        var random = new Random(8);
        var inputs = widths.Select(w => Values(random, Tokens * w)).ToArray();
        float[][] one, two;
        using (var harness = new OpHarness(op, widths, Ids(), Window))
        {
            one = harness.Gradients(inputs, [.. harness.Outputs.Select(o => Values(new Random(9), Tokens * o.Width))]);
        }

        using (var harness = new OpHarness(op, widths, Ids(), Window, threads: 3))
        {
            two = harness.Gradients(inputs, [.. harness.Outputs.Select(o => Values(new Random(9), Tokens * o.Width))]);
        }

        Assert.Equal(one, two);
    }

    [Fact]
    public void Attention_equals_plain_loops()
    {
        var op = new AttentionOp(4, 2, 5, 7, 0, 0.4f, 0);
        using var harness = new OpHarness(op, [20, 10, 14], Ids(), Window);
        var random = new Random(10);
        float[][] inputs = [Values(random, Tokens * 20), Values(random, Tokens * 10), Values(random, Tokens * 14)];
        var result = harness.Results(inputs)[0];
        for (var t = 0; t < Tokens; t++)
        {
            var start = t / Window * Window;
            for (var head = 0; head < 4; head++)
            {
                var scores = Enumerable.Range(start, t - start + 1)
                    .Select(s => Math.Exp(0.4 * Enumerable.Range(0, 5).Sum(i => (double)inputs[0][(t * 20) + (head * 5) + i] * inputs[1][(s * 10) + (head / 2 * 5) + i]))).ToArray();
                for (var i = 0; i < 7; i++)
                {
                    var expected = scores.Select((p, s) => p / scores.Sum() * inputs[2][((start + s) * 14) + (head / 2 * 7) + i]).Sum();
                    Assert.Equal(expected, result[(t * 28) + (head * 7) + i], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Embedding_looks_up_rows_and_shows_its_gradient()
    {
        var table = Weight("e", 6, 5);
        using var harness = new OpHarness(new EmbeddingOp(table), [], Ids(), Window);
        var rows = harness.Results([])[0];
        Assert.Equal(Ids().SelectMany(id => table.Values!.Skip(id * 5).Take(5)), rows);
        var observer = new Watcher();
        var coefficients = Values(new Random(1), Tokens * 5);
        harness.Gradients([], [coefficients], observer);
        Assert.Equal(coefficients, observer.Seen);
    }

    [Fact]
    public void An_operation_that_calibration_does_not_know_is_MP3403()
    {
        Assert.Equal(CompilerCodes.CalibrationUnsupported, Assert.Throws<ModelPackException>(() => OpGradients.Of(new Unknown())).Code);
        var graph = new Compiler.Ir.Graph();
        var x = graph.Add(new EmbeddingOp(Weight("e", 6, 5)), "x", "");
        graph.Outputs["logits"] = graph.Add(new ScaleOp(2), "logits", "", graph.Add(new LinearOp(Weight("e", 6, 5)), "y", "", x));
        Assert.Equal("MP3403", Assert.Throws<ModelPackException>(() => GraphSegment.Cut(graph)).Code);
    }

    private static int[] Ids() => [.. Enumerable.Range(0, Tokens).Select(i => i * 5 % 6)];

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];

    private static WeightRef Weight(string name, int rows, int columns) =>
        new(name, rows, columns, "", 0) { Values = Values(new Random(name.Length + rows + columns), rows * columns), IsVector = rows == 1 };

    private sealed record Unknown : Op
    {
        public override int[] InferWidths(IReadOnlyList<int> inputs) => [.. inputs];
    }

    private sealed unsafe class Watcher : ITapeObserver
    {
        public float[]? Seen { get; private set; }

        public void EmbeddingGradient(Tape tape, WeightRef table, float* gradient) => Seen = new ReadOnlySpan<float>(gradient, tape.Tokens * table.Columns).ToArray();
    }
}
