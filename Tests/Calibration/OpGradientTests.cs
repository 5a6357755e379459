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
        ["Attention both ways"] = (new AttentionOp(4, 2, 5, 7, 0, 0.4f, 0) { IsCausal = false }, [20, 10, 14]),
        ["SelectOutputs"] = (new SelectOutputsOp(), [21]),
        ["Linear at several positions"] = (new LinearOp(Weight("w", 5, 7), Weight("v", 3, 7)) { Positions = 4 }, [28]),
        ["Patches"] = (new PatchesOp(new(5, 4, 3), 3, 2, 2, 1), [60]),
        ["BatchNormalization"] = (new BatchNormalizationOp(Weight("gain", 1, 7), Weight("bias", 1, 7), Weight("mean", 1, 7), Positive("variance", 7), 1e-5f), [21]),
        ["Relu"] = (new ReluOp(), [21]),
        ["AveragePool"] = (new AveragePoolOp(new(3, 2, 5)), [30]),
        ["Subsample"] = (new SubsampleOp(new(3, 5, 4), 2, 1, 2), [60]),
        ["LayerNorm"] = (new LayerNormOp(Weight("gain", 1, 21), Weight("bias", 1, 21), 1e-5f), [21]),
        ["Gelu"] = (new GeluOp(), [21]),
        ["WindowMean"] = (new WindowMeanOp(), [21]),
        ["UnitLength"] = (new UnitLengthOp(), [21]),
    };

    [Fact]
    public void Every_operation_has_a_case()
    {
        // These have no input; they have tests of their own.
        var tested = s_cases.Values.Select(c => c.Op.GetType()).Concat([typeof(EmbeddingOp), typeof(InputOp), typeof(PositionEmbeddingOp)]).ToHashSet();
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
        var inputs = widths.Select(w => AwayFromZero(Values(random, Tokens * w))).ToArray();
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
    public void Inputs_and_positions_are_looked_up()
    {
        float[] samples = Values(new Random(3), 6 * 4);
        using (var harness = new OpHarness(new InputOp("x", 4), [], Ids(), Window) { Samples = new Dictionary<string, float[]> { ["x"] = samples } })
        {
            Assert.Equal(Ids().SelectMany(id => samples.Skip(id * 4).Take(4)), harness.Results([])[0]);
        }

        var table = Weight("p", Window + 2, 5);
        using (var harness = new OpHarness(new PositionEmbeddingOp(table), [], Ids(), Window))
        {
            Assert.Equal(Enumerable.Range(0, Tokens).SelectMany(t => table.Values!.Skip(t % Window * 5).Take(5)), harness.Results([])[0]);
        }
    }

    /// <summary>A convolution is its windows and a matrix at all positions.</summary>
    [Fact]
    public void Patches_and_a_matrix_are_a_convolution()
    {
        const int Height = 5, Width = 4, Channels = 3, Kernel = 3, Stride = 2, Padding = 1, Outputs = 2;
        var patches = new PatchesOp(new(Height, Width, Channels), Kernel, Kernel, Stride, Padding);
        var kernel = Weight("k", Outputs, patches.Columns);
        float[] images = Values(new Random(4), Tokens * Height * Width * Channels);
        using var first = new OpHarness(patches, [Height * Width * Channels], Ids(), Window);
        using var second = new OpHarness(new LinearOp(kernel) { Positions = patches.OutputHeight * patches.OutputWidth }, [first.Outputs[0].Width], Ids(), Window);
        var result = second.Results([first.Results([images])[0]])[0];
        for (var i = 0; i < result.Length; i++)
        {
            int output = i % Outputs, x = i / Outputs % patches.OutputWidth, y = i / Outputs / patches.OutputWidth % patches.OutputHeight, image = i / second.Outputs[0].Width;
            double sum = 0;
            for (var k = 0; k < patches.Columns; k++)
            {
                int c = k % Channels, px = (x * Stride) + (k / Channels % Kernel) - Padding, py = (y * Stride) + (k / Channels / Kernel) - Padding;
                sum += px is >= 0 and < Width && py is >= 0 and < Height
                    ? (double)images[(((((image * Height) + py) * Width) + px) * Channels) + c] * kernel.Values![(output * patches.Columns) + k] : 0;
            }

            Assert.Equal(sum, result[i], 1e-5);
        }
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

    private static WeightRef Positive(string name, int columns) => Weight(name, 1, columns) with { Values = [.. Weight(name, 1, columns).Values!.Select(v => 1.5f + v)] };

    private static int[] Ids() => [.. Enumerable.Range(0, Tokens).Select(i => i * 5 % 6)];

    /// <summary>max(x, 0) has no derivative at 0: values keep twice the step from there.</summary>
    private static float[] AwayFromZero(float[] values) => [.. values.Select(v => v + MathF.CopySign(1f / 64, v))];

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
