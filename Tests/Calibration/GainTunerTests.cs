using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Calibration.Tuning;
using ModelPack.Compiler.Import;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Calibration;

public sealed class GainTunerTests : IDisposable
{
    private const int Window = 24;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Gradients_at_gains_and_row_factors_are_what_finite_differences_say()
    {
        using var source = ModelSource.Open(new RandomLlama { Hidden = 32, Heads = 2, KvHeads = 1, FeedForward = 40, Vocabulary = 24 }.Write(_folder));
        var graph = ArchitectureTable.Build(source).Graph;
        var weights = new SourceWeights(KernelSet.Scalar);
        int[] ids = [3, 5, 7, 9, 11, 13, 2, 4], labels = [1, 8, 20, 3, 9, 15, 7, 2];
        var tuned = new TunedWeights(weights);
        foreach (var name in new[] { "blk.0.attn_norm.weight", "blk.1.ffn_norm.weight", "output_norm.weight" })
        {
            tuned.Gains[name] = graph.Weights.Single(w => w.Name == name).ReadFloats().ToArray();
        }

        foreach (var (name, rows) in new[] { ("blk.0.attn_k.weight", 16), ("blk.1.ffn_down.weight", 32) })
        {
            tuned.RowLogs[name] = new float[rows];
        }

        var gradients = new TuningGradients(tuned);
        WeightGradient.Backward(graph, tuned, new(ids, ids.Length), labels, gradients);
        foreach (var (values, gradient) in tuned.Gains.Select(g => (g.Value, gradients.Gains[g.Key])).Concat(tuned.RowLogs.Select(r => (r.Value, gradients.RowLogs[r.Key]))))
        {
            var scale = gradient.Max(MathF.Abs);
            for (var i = 0; i < values.Length; i += 5)
            {
                const float Step = 1f / 64;
                var at = values[i];
                values[i] = at + Step;
                var above = WeightGradient.Loss(graph, tuned, new(ids, ids.Length), labels);
                values[i] = at - Step;
                var below = WeightGradient.Loss(graph, tuned, new(ids, ids.Length), labels);
                values[i] = at;
                Assert.Equal((above - below) / (2 * Step), gradient[i], 5e-3 * scale);
            }
        }
    }

    [Fact]
    public void Tuning_brings_a_coarsely_rounded_model_closer_and_does_not_depend_on_threads()
    {
        using var source = ModelSource.Open(new RandomLlama { Vocabulary = 24 }.Write(_folder));
        var graph = ArchitectureTable.Build(source).Graph;
        var weights = new SourceWeights(KernelSet.Scalar);
        // Row by row 15% too large: what row factors can mend.
        var quantized = graph.Weights.Where(w => w.Layer >= 0 && !w.IsVector).ToDictionary(w => w.Name, IWeightRows (w) => new FloatRows([.. w.ReadFloats().Select(v => MathF.Round(v * 1.15f * 32) / 32)]));
        var windows = new WindowSet([.. Enumerable.Range(0, 4 * Window).Select(i => ((i * 7) + (i / 11)) % 24)], Window);
        var one = Tune(threads: 1);
        var two = Tune(threads: 3);
        Assert.Equal(one.Divergence, two.Divergence);
        Assert.All(one.RowSteps, r => Assert.Equal(r.Value, two.RowSteps[r.Key]));
        Assert.Equal(quantized.Keys.Order(), one.RowSteps.Keys.Order());
        Assert.True(one.Divergence.TakeLast(4).Average() < 0.97 * one.Divergence.Take(4).Average(), string.Join(' ', one.Divergence));

        // And the rounded result, on its own, is as good.
        using var evaluation = new HeldOutEvaluation(graph, weights, windows, new Workers(1, CancellationToken.None));
        var before = evaluation.DivergenceOf(new ReplacedWeights(weights, quantized)).Mean;
        var after = new TunedWeights(new ReplacedWeights(weights, quantized));
        foreach (var (name, gain) in one.Gains)
        {
            Assert.All(gain, g => Assert.Equal((float)(Half)g, g));
            after.Gains[name] = gain;
        }

        foreach (var (name, steps) in one.RowSteps)
        {
            after.RowLogs[name] = [.. steps.Select(s => (float)(s / 64.0 * Math.Log(2)))];
        }

        Assert.True(evaluation.DivergenceOf(after).Mean < 0.97 * before);
        Assert.Equal(0, evaluation.DivergenceOf(weights).Mean);

        TunedGains Tune(int threads)
        {
            using var tuner = new GainTuner(graph, weights, new ReplacedWeights(weights, quantized), Gains(graph), quantized.Keys.ToHashSet(), new Workers(threads, CancellationToken.None));
            return tuner.Run(windows, 40, _ => { });
        }
    }

    private static HashSet<string> Gains(ModelPack.Compiler.Ir.Graph graph) => [.. graph.Weights.Where(w => w.IsVector).Select(w => w.Name)];
}
