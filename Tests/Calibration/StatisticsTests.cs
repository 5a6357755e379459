using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Passes;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Calibration;

/// <summary>The calibrator's moments and gradients on small random models.</summary>
public sealed class StatisticsTests : IDisposable
{
    private const int Window = 16;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Statistics_do_not_depend_on_threads_registers_batches_or_passes()
    {
        using var source = ModelSource.Open(new RandomLlama { Biases = true, Tied = true }.Write(_folder));
        var expected = Run(source, threads: 1);
        foreach (var other in new[]
        {
            Run(source, threads: 3),
            Run(source, threads: 2, width: GemmWidth.Bits128),
            Run(source, threads: 2, kernels: KernelSet.Scalar, width: GemmWidth.Bits256),
        })
        {
            Equal(expected, other);
        }
    }

    [Fact]
    public void Graph_after_the_passes_gives_the_same_up_to_rounding()
    {
        using var source = ModelSource.Open(new RandomLlama { Tied = true }.Write(_folder));
        RawStatistics before = Run(source, threads: 1), after = Run(source, threads: 1, passes: true);
        Assert.Equal(before.RowSquares.Keys.Order(), after.RowSquares.Keys.Order());
        foreach (var (name, rows) in before.RowSquares)
        {
            var scale = rows.Max();
            Assert.All(rows.Zip(after.RowSquares[name]), p => Assert.Equal(p.First, p.Second, 1e-4f * scale));
        }
    }

    [Fact]
    public void Moments_are_those_of_plain_loops()
    {
        // One layer: the input of Q, K and V is the norm of embeddings.
        using var source = ModelSource.Open(new RandomLlama { Layers = 1 }.Write(_folder));
        var raw = Run(source, threads: 2);
        var input = raw.Inputs.Single(i => i.Matrices.Contains("blk.0.attn_q.weight"));
        Assert.Equal(["blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight"], input.Matrices);
        var gain = Floats(source, "blk.0.attn_norm.weight");
        var table = Floats(source, "token_embd.weight");
        var sum = new double[64 * 64];
        var ids = Ids(6);
        foreach (var id in ids)
        {
            var x = table.AsSpan(id * 64, 64).ToArray();
            var r = 1 / Math.Sqrt((x.Sum(v => (double)v * v) / 64) + 1e-5);
            var h = x.Select((v, i) => v * r * gain[i]).ToArray();
            for (var i = 0; i < 64; i++)
            {
                for (var j = 0; j < 64; j++)
                {
                    sum[(i * 64) + j] += h[i] * h[j] / ids.Length;
                }
            }
        }

        Assert.All(sum.Zip(input.Moments), p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    [Fact]
    public void Row_gradients_are_what_finite_differences_of_the_loss_say()
    {
        using var source = ModelSource.Open(new RandomLlama { Hidden = 32, Heads = 2, KvHeads = 1, FeedForward = 40, Vocabulary = 24 }.Write(_folder));
        var model = ArchitectureTable.Build(source);
        var weights = new SourceWeights(KernelSet.Scalar);
        var ids = new[] { 3, 5, 7, 9, 11, 13, 2, 4 };
        var labels = new[] { 1, 8, 20, 3, 9, 15, 7, 2 };
        foreach (var name in new[] { "blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight", "blk.0.attn_output.weight", "blk.1.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.1.ffn_down.weight" })
        {
            var weight = model.Graph.Weights.Single(w => w.Name == name);
            var values = weight.ReadFloats();
            var gradient = WeightGradient.Of(model.Graph, weights, new(ids, ids.Length), labels, weight);
            var scale = gradient.Max(MathF.Abs);
            for (var i = 0; i < values.Length; i += 97)
            {
                const float Step = 1f / 64;
                double above = Loss(i, Step), below = Loss(i, -Step);
                Assert.Equal((above - below) / (2 * Step), gradient[i], 5e-3 * scale);
            }

            double Loss(int element, float change)
            {
                var changed = (float[])values.Clone();
                changed[element] += change;
                return WeightGradient.Loss(model.Graph, new ReplacedWeights(weights, new Dictionary<string, IWeightRows> { [name] = new FloatRows(changed) }), new(ids, ids.Length), labels);
            }
        }
    }

    [Fact]
    public void Roles_come_from_the_graph()
    {
        using var source = ModelSource.Open(new RandomLlama { Biases = true }.Write(_folder));
        foreach (var passes in new[] { false, true })
        {
            var graph = ArchitectureTable.Build(source).Graph;
            if (passes)
            {
                Pipeline.Run(graph, headersOnly: false);
            }

            var roles = LinearRoles.Of(graph).ToDictionary(r => r.Key.Name, r => r.Value);
            Assert.Equal(LinearRole.AttentionQuery, roles["blk.1.attn_q.weight"]);
            Assert.Equal(LinearRole.AttentionKey, roles["blk.1.attn_k.weight"]);
            Assert.Equal(LinearRole.AttentionValue, roles["blk.1.attn_v.weight"]);
            Assert.Equal(LinearRole.AttentionOutput, roles["blk.1.attn_output.weight"]);
            Assert.Equal(LinearRole.Gate, roles["blk.1.ffn_gate.weight"]);
            Assert.Equal(LinearRole.Up, roles["blk.1.ffn_up.weight"]);
            Assert.Equal(LinearRole.Down, roles["blk.1.ffn_down.weight"]);
            Assert.Equal(LinearRole.Head, roles["output.weight"]);
        }
    }

    [Fact]
    public void Refined_statistics_share_inputs_floor_rows_and_join_a_tied_head_with_its_look_up()
    {
        using var source = ModelSource.Open(new RandomLlama { Tied = true, Layers = 4 }.Write(_folder));
        var raw = Run(source, threads: 1);
        var refined = StatisticsRefinement.Run(ArchitectureTable.Build(source).Graph, raw);
        Assert.Equal(4 * 7 + 1, refined.Count);
        Assert.Same(refined["blk.0.attn_q.weight"].Input, refined["blk.0.attn_v.weight"].Input);
        Assert.NotSame(refined["blk.0.attn_q.weight"].Input, refined["blk.0.ffn_up.weight"].Input);

        var rows = refined["blk.3.attn_v.weight"].RowWeights;
        Assert.Equal(0.64f * raw.RowSquares["blk.3.attn_v.weight"].Average(), rows.Average(), 1e-4f * rows.Average());
        Assert.Equal(1.15f * 0.64f * raw.RowSquares["blk.0.attn_v.weight"].Average(), refined["blk.0.attn_v.weight"].RowWeights.Average(), 1e-4f * rows.Average() * 100);
        Assert.All(refined["blk.3.ffn_down.weight"].RowWeights, r => Assert.True(r > 0.05f * refined["blk.3.ffn_down.weight"].RowWeights.Average()));

        var head = raw.Inputs.Single(i => i.Matrices.Contains("token_embd.weight"));
        Assert.Equal(head.Moments[65] + raw.Lookups["token_embd.weight"][65], refined["token_embd.weight"].Input.Values[65]);
        var spread = raw.RowSquares["token_embd.weight"];
        var ratio = refined["token_embd.weight"].RowWeights[5] / refined["token_embd.weight"].RowWeights[6];
        Assert.Equal(MathF.Sqrt(spread[5] / spread[6]), ratio, 1e-3f);
    }

    [Fact]
    public void Rows_that_feed_attention_sinks_are_protected()
    {
        using var source = ModelSource.Open(new RandomLlama { Layers = 4 }.Write(_folder));
        var graph = ArchitectureTable.Build(source).Graph;
        var raw = Run(source, threads: 1);
        var before = StatisticsRefinement.Run(graph, raw)["blk.3.ffn_up.weight"].RowWeights;
        var hidden = raw.Inputs.Single(i => i.Matrices.Contains("blk.3.ffn_down.weight"));
        var median = Enumerable.Range(0, 96).Select(i => hidden.Moments[i * 97]).Order().ElementAt(47);
        hidden.Moments[0] = 500 * Math.Max(median, hidden.Moments[97]);
        var after = StatisticsRefinement.Run(graph, raw)["blk.3.ffn_up.weight"].RowWeights;
        Assert.True(after[0] > 5 * before[0]);
        Assert.Equal(before[5], after[5]);
    }

    [Fact]
    public void Weights_that_are_no_use_are_MP3404()
    {
        var path = new RandomLlama { Edit = (name, values) => { if (name == "blk.1.ffn_up.weight") { values.AsSpan().Fill(3e38f); } } }.Write(_folder);
        using var source = ModelSource.Open(path);
        Assert.Equal(CompilerCodes.CalibrationNotFinite, Assert.Throws<ModelPackException>(() => { _ = Run(source, threads: 1); }).Code);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = ModelSource.Open(new RandomLlama().Write(_folder));
        var graph = ArchitectureTable.Build(source).Graph;
        Assert.Throws<OperationCanceledException>(() =>
        {
            _ = Calibrator.Run(graph, new SourceWeights(KernelSet.Scalar), new(Ids(2), Window), new(2, 1), new Workers(1, new CancellationToken(true)), _ => { });
        });
    }

    private static RawStatistics Run(ModelSource source, int threads, KernelSet kernels = KernelSet.Auto, GemmWidth width = GemmWidth.Auto, bool passes = false)
    {
        var graph = ArchitectureTable.Build(source).Graph;
        if (passes)
        {
            Pipeline.Run(graph, headersOnly: false);
        }

        double last = 0;
        var result = Calibrator.Run(graph, new SourceWeights(KernelSets.Resolve(kernels)), new(Ids(6), Window), new(6, 2), new Workers(threads, CancellationToken.None), p => last = p, kernels, width);
        Assert.Equal(1, last, 1e-6);
        return result;
    }

    private static void Equal(RawStatistics expected, RawStatistics actual)
    {
        Assert.Equal(expected.Inputs.Select(i => string.Join(' ', i.Matrices)), actual.Inputs.Select(i => string.Join(' ', i.Matrices)));
        Assert.All(expected.Inputs.Zip(actual.Inputs), p => Assert.Equal(p.First.Moments, p.Second.Moments));
        Assert.Equal(expected.RowSquares.Keys.Order(), actual.RowSquares.Keys.Order());
        Assert.All(expected.RowSquares, p => Assert.Equal(p.Value, actual.RowSquares[p.Key]));
        Assert.All(expected.Lookups, p => Assert.Equal(p.Value, actual.Lookups[p.Key]));
    }

    private static int[] Ids(int windows) => [.. Enumerable.Range(0, windows * Window).Select(i => (i * 7 + (i / 11)) % 40)];

    private static float[] Floats(ModelSource source, string name)
    {
        var tensor = source.Find(name)!;
        var values = new float[tensor.Rows * tensor.Columns];
        for (var row = 0; row < tensor.Rows; row++)
        {
            tensor.DequantizeRow(row, values.AsSpan((int)(row * tensor.Columns), (int)tensor.Columns));
        }

        return values;
    }
}
