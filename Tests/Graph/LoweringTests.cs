using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Passes;
using ModelPack.Plan;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

public sealed class LoweringTests
{
    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    [Fact]
    public void Stories260K_is_one_template_and_a_table_of_five_layers()
    {
        using var model = Interpreted.Load(Stories);
        var text = PlanText.Write(model.Plan).Split('\n').Where(l => l.Split(' ')[0] is not ("weight" or "format" or "fact" or "pack-hash" or "pack-bytes" or "compiler"));
        Assert.Equal(
            """
            modelpack-plan 1
            name "Model"
            namespace ""
            vocabulary-size 512
            context-length 512
            arena-floats 644
            max-width 172
            cache-layers 5
            kv-heads 4
            key-length 8
            value-length 8
            accessor TokenEmbedding 0
            accessor Layers.Attention.Norm 2 11 20 29 38
            accessor Layers.Attention.Query 3 12 21 30 39
            accessor Layers.Attention.Key 4 13 22 31 40
            accessor Layers.Attention.Value 5 14 23 32 41
            accessor Layers.Attention.Output 6 15 24 33 42
            accessor Layers.FeedForward.Norm 7 16 25 34 43
            accessor Layers.FeedForward.Gate 8 17 26 35 44
            accessor Layers.FeedForward.Up 9 18 27 36 45
            accessor Layers.FeedForward.Down 10 19 28 37 46
            accessor OutputNorm 47
            buffer x 0 64 "[tokens, 64]"
            buffer attention 64 64 "[tokens, 64]"
            buffer h 64 64 "[tokens, 64]"
            buffer gateUp 128 344 "[tokens, 344]"
            buffer qkv 128 128 "[tokens, 128]"
            buffer activated 472 172 "[tokens, 172]"
            template Layer
            slots AttentionNorm AttentionQuery AttentionKey AttentionValue AttentionOutput FeedForwardNorm FeedForwardGate FeedForwardUp FeedForwardDown
            call RmsNorm x .AttentionNorm f32:3727c5ac(1E-05) h "attention RMSNorm"
            call Linear h qkv .AttentionQuery .AttentionKey .AttentionValue "queries, keys and values: [tokens, 64 + 32 + 32]"
            call Rope qkv[0,64] 8 #1 f32:3f800000(1) @true "rotate the queries"
            call Rope qkv[64,32] 4 #1 f32:3f800000(1) @true "rotate the keys"
            call Attention qkv[0,64] qkv[64,32] qkv[96,32] @layer f32:3eb504f3(0.35355338) 0 attention "causal grouped-query attention over the KV cache"
            call LinearAdd attention x .AttentionOutput "attention output joins the residual stream"
            call RmsNorm x .FeedForwardNorm f32:3727c5ac(1E-05) h "feed-forward RMSNorm"
            call Linear h gateUp .FeedForwardGate .FeedForwardUp "gate and up: [tokens, 172 + 172]"
            call SwiGlu gateUp activated "SwiGLU: silu(gate) · up"
            call LinearAdd activated x .FeedForwardDown "feed-forward output joins the residual stream"
            end
            call Embedding #0 x "token embeddings"
            repeat Layer 0
            row 2 3 4 5 6 7 8 9 10
            row 11 12 13 14 15 16 17 18 19
            row 20 21 22 23 24 25 26 27 28
            row 29 30 31 32 33 34 35 36 37
            row 38 39 40 41 42 43 44 45 46
            end
            call SelectOutputs x x "from here on only the tokens whose logits are wanted"
            call RmsNorm x #47 f32:3727c5ac(1E-05) h "final RMSNorm"
            call Linear h @logits #0 "logits: the head is the embedding (tied): [tokens, 512]"
            end

            """,
            string.Join('\n', text));
    }

    [Fact]
    public void Layers_that_differ_have_templates_of_their_own()
    {
        using var model = Interpreted.Load(new TinyLlama(layers: 4).Random("blk.2.attn_q.bias", TinyLlama.Hidden).Write());
        Assert.Equal(["Layer", "Layer2"], model.Plan.Templates.Select(t => t.Name));
        Assert.Equal([("Layer", 0, 2), ("Layer2", 2, 1), ("Layer", 3, 1)], model.Plan.Steps.Where(s => s.Repeat is not null).Select(s => (s.Repeat!.Template, s.Repeat.FirstLayer, s.Repeat.Rows.Count)));
        var biases = model.Plan.Shape.Accessors.Single(a => a.Path == "Layers.Attention.QueryBias").Weights;
        Assert.Equal([-1, -1, model.Plan.Shape.Weights.ToList().FindIndex(w => w.Name == "blk.2.attn_q.bias"), -1], biases);
    }

    [Fact]
    public void What_inspect_writes_is_the_shape_in_the_plan()
    {
        // Gains of ones and biases of zeros are dropped only where weights are read; the shape must not show it.
        var path = new TinyLlama().Tensor("blk.0.attn_norm.weight", [12], [.. Enumerable.Repeat(1f, 12)]).Tensor("blk.1.attn_output.bias", [12], new float[12]).Write();
        using var source = ModelSource.Open(path);
        using var model = Interpreted.Load(path);
        Assert.Equal(ModelCompiler.Inspect(source, new("Model", "", null)).Shape, model.Plan.Shape);
        Assert.Empty(ShapeCheck.Problems(model.Plan.Shape with { Namespace = "N" }));
        Assert.Empty(PlanCheck.Problems(model.Plan));
    }

    [Fact]
    public void A_shorter_context_is_taken_and_a_longer_one_refused()
    {
        using var source = ModelSource.Open(Stories);
        Assert.Equal(100, ModelCompiler.Inspect(source, new("Model", "", 100)).Shape.Sizes.ContextLength);
        var error = Assert.Throws<ModelPackException>(() => ModelCompiler.Inspect(source, new("Model", "", 513)));
        Assert.Equal("MP3003", error.Code);
        Assert.Contains("513", error.Message);
        Assert.Contains("512", error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Values_that_are_needed_at_the_same_time_do_not_share_floats(bool passes)
    {
        var graph = new TinyLlama(layers: 3).Random("blk.1.attn_q.bias", 12).Random("blk.1.ffn_up.bias", 20).Random("blk.2.ffn_down.bias", 12).Build().Graph;
        Pipeline.Run(graph, headersOnly: false, passes ? [] : [.. Pipeline.All.Select(p => p.Name)]);
        var arena = new ArenaPlanner(graph);
        var checkedPairs = 0;
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            // Alive behind node i: defined by now, read later. In-place results take the place of what they were made from, which nobody reads any more.
            var alive = graph.Nodes.Take(i + 1).SelectMany(n => n.Outputs).Where(v => graph.Nodes.Skip(i + 1).Any(n => n.Inputs.Any(u => u.Id == v.Id))).ToList();
            foreach (var (a, b) in alive.SelectMany((a, k) => alive.Skip(k + 1).Select(b => (a, b))))
            {
                int first = Start(a), second = Start(b);
                Assert.True(first + a.Width <= second || second + b.Width <= first, $"behind node {i}, {a} [{first}, +{a.Width}) and {b} [{second}, +{b.Width}) overlap");
                checkedPairs++;
            }
        }

        Assert.True(checkedPairs > 10);
        Assert.True(arena.Floats < graph.Nodes.SelectMany(n => n.Outputs).Sum(v => v.Width) / 3, "nothing is shared");

        int Start(Value value) => arena.Of(value).Region.Offset + arena.Of(value).Column;
    }

    [Fact]
    public void A_value_that_is_read_after_it_was_overwritten_is_a_defect_that_shows()
    {
        var graph = new Compiler.Ir.Graph();
        var x = graph.Add(new EmbeddingOp(new("table", 7, 12, "", -1)), "x", "");
        graph.Add(new ScaleOp(2), "y", "", x);
        graph.Add(new LinearOp(new WeightRef("w", 4, 12, "", -1)), "z", "", x);
        Assert.Contains("read later", Assert.Throws<GraphException>(() => new ArenaPlanner(graph)).Message);
    }

    [Fact]
    public void A_thousand_layers_take_no_longer_than_their_number()
    {
        // Quadratic work anywhere in graph, passes or lowering would take minutes here.
        var model = new TinyLlama(layers: 1024).Build();
        Pipeline.Run(model.Graph, headersOnly: true);
        var lowered = PlanLowering.Run(model, "Model", "", 64, []);
        Assert.Equal(1024, lowered.Steps.Single(s => s.Repeat is not null).Repeat!.Rows.Count);
        Assert.Single(lowered.Templates);
    }
}
