using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Passes;

namespace ModelPack.Tests.Graph;

/// <summary>What each pass makes of a graph; and that the model's results stay what they were, bit for bit, with the pass or without.</summary>
public sealed class PassTests
{
    private static readonly int[] s_ids = [1, 3, 4, 5, 6, 0, 2, 4, 4];

    [Fact]
    public void Linears_of_one_input_become_one()
    {
        var graph = new TinyLlama(layers: 1).Build().Graph;
        new FuseLinears().Run(graph);
        AssertLines(
            graph,
            "%2:q, %3:k, %4:v = Linear(%1:h) {blk.0.attn_q.weight, blk.0.attn_k.weight, blk.0.attn_v.weight}",
            "%11:gate, %12:up = Linear(%10:h) {blk.0.ffn_gate.weight, blk.0.ffn_up.weight}",
            "%8:projected = Linear(%7:attention) {blk.0.attn_output.weight}",
            "%18:logits = Linear(%17:h) {token_embd.weight}");
        Assert.Equal(16, graph.Nodes.Count);
    }

    [Fact]
    public void Linears_of_one_input_are_joined_by_at_most_eight()
    {
        var graph = new Compiler.Ir.Graph { Layer = 0 };
        var x = graph.Add(new EmbeddingOp(new("table", 7, 12, "", -1)), "x", "");
        for (var i = 0; i < 11; i++)
        {
            graph.Add(new LinearOp(new WeightRef($"w{i}", 4, 12, "", 0)), "y" + i, "", x);
        }

        new FuseLinears().Run(graph);
        Assert.Equal([8, 3], graph.Nodes.Select(n => n.Op).OfType<LinearOp>().Select(l => l.Matrices.Length));
    }

    [Fact]
    public void A_result_of_the_graph_is_not_joined_with_others()
    {
        var graph = new Compiler.Ir.Graph { Layer = 0 };
        var x = graph.Add(new EmbeddingOp(new("table", 7, 12, "", -1)), "x", "");
        graph.Add(new LinearOp(new WeightRef("w", 4, 12, "", 0)), "y", "", x);
        graph.Outputs["logits"] = graph.Add(new LinearOp(new WeightRef("head", 7, 12, "", 0)), "logits", "", x);
        var before = graph.Dump();
        new FuseLinears().Run(graph);
        Assert.Equal(before, graph.Dump());
    }

    [Fact]
    public void A_matrix_whose_result_only_joins_the_residual_stream_adds_it_there()
    {
        var graph = new TinyLlama(layers: 1).Build().Graph;
        new FuseResiduals().Run(graph);
        AssertLines(graph, "%9:x = LinearAdd(%7:attention, %0:x) {blk.0.attn_output.weight}", "%15:x = LinearAdd(%13:activated, %9:x) {blk.0.ffn_down.weight}");
        Assert.DoesNotContain(" = Add(", graph.Dump());
    }

    [Fact]
    public void A_matrix_with_a_bias_stays_apart_from_the_residual_stream()
    {
        var graph = new TinyLlama(layers: 1).Random("blk.0.attn_output.bias", TinyLlama.Hidden).Build().Graph;
        new FuseResiduals().Run(graph);
        AssertLines(graph, "%9:projected = AddBias(%8:projected) {blk.0.attn_output.bias}", "%10:x = Add(%9:projected, %0:x)");
    }

    [Fact]
    public void Gains_of_ones_are_dropped_and_others_kept()
    {
        var graph = new TinyLlama(layers: 1).Tensor("blk.0.attn_norm.weight", [12], [.. Enumerable.Repeat(1f, 12)]).Build().Graph;
        new FoldNormGains().Run(graph);
        AssertLines(graph, "%1:h = RmsNorm(%0:x) [epsilon 1E-05]", "%10:h = RmsNorm(%9:x) {blk.0.ffn_norm.weight} [epsilon 1E-05]");
        Assert.Contains(graph.Weights, w => w.Name == "blk.0.attn_norm.weight");
    }

    [Fact]
    public void Biases_of_zeros_and_scales_of_one_are_dropped_and_others_kept()
    {
        var graph = new TinyLlama(layers: 1).Tensor("blk.0.attn_q.bias", [12], new float[12]).Random("blk.0.attn_k.bias", TinyLlama.KeyValue).Build().Graph;
        new FoldConstants().Run(graph);
        AssertLines(graph, "%7:q = Rope(%2:q) {rope.inverse_frequencies} [3 heads, magnitude 1, interleaved]", "%5:k = AddBias(%4:k) {blk.0.attn_k.bias}");
        Assert.DoesNotContain("attn_q.bias", graph.Dump());

        var scaled = new Compiler.Ir.Graph();
        var x = scaled.Add(new EmbeddingOp(new("table", 7, 12, "", -1)), "x", "");
        x = scaled.Add(new ScaleOp(1), "x", "", x);
        x = scaled.Add(new ScaleOp(2), "x", "", x);
        scaled.Outputs["logits"] = scaled.Add(new LinearOp(new WeightRef("head", 7, 12, "", -1)), "logits", "", x);
        new FoldConstants().Run(scaled);
        Assert.Equal("%0:x = Embedding() {table}\n%2:x = Scale(%0:x) [factor 2]\n%3:logits = Linear(%2:x) {head}\n", scaled.Dump());
    }

    [Theory]
    [InlineData(nameof(FuseLinears))]
    [InlineData(nameof(FuseResiduals))]
    [InlineData(nameof(FoldNormGains))]
    [InlineData(nameof(FoldConstants))]
    [InlineData(nameof(FuseLinears), nameof(FuseResiduals), nameof(FoldNormGains), nameof(FoldConstants))]
    public void Logits_are_the_same_bits_without_the_pass(params string[] except)
    {
        var path = new TinyLlama().Tensor("blk.0.attn_norm.weight", [12], [.. Enumerable.Repeat(1f, 12)])
            .Tensor("blk.1.attn_v.bias", [4], new float[4]).Random("blk.0.attn_q.bias", 12).Random("blk.1.attn_output.bias", 12).Random("blk.0.ffn_up.bias", 20).Write();
        using var with = Interpreted.Load(path);
        using var without = Interpreted.Load(path, null, except);
        Assert.NotEqual(Compiler_Steps(with), Compiler_Steps(without));
        Assert.Equal(with.Logits(s_ids), without.Logits(s_ids));

        static string Compiler_Steps(Interpreted model) => ModelPack.Plan.PlanText.Write(model.Plan with { PackHash = new('0', 32) });
    }

    [Fact]
    public void Every_pass_has_such_a_test()
    {
        var tested = GetType().GetMethod(nameof(Logits_are_the_same_bits_without_the_pass))!.GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(InlineDataAttribute))
            .SelectMany(a => (IEnumerable<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(a => (string)a.Value!);
        Assert.Empty(Pipeline.All.Select(p => p.Name).Except(tested));
    }

    private static void AssertLines(Compiler.Ir.Graph graph, params string[] lines)
    {
        var all = graph.Dump().Split('\n');
        Assert.All(lines, line => Assert.Contains(line, all));
    }
}
