using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Ir;

namespace ModelPack.Tests.Graph;

public sealed class LlamaGraphTests
{
    [Fact]
    public void A_layer_reads_as_in_the_paper() => Assert.Equal(
        """
        %0:x = Embedding() {token_embd.weight}
        %1:h = RmsNorm(%0:x) {blk.0.attn_norm.weight} [epsilon 1E-05]
        %2:q = Linear(%1:h) {blk.0.attn_q.weight}
        %3:k = Linear(%1:h) {blk.0.attn_k.weight}
        %4:v = Linear(%1:h) {blk.0.attn_v.weight}
        %5:q = Rope(%2:q) {rope.inverse_frequencies} [3 heads, magnitude 1, interleaved]
        %6:k = Rope(%3:k) {rope.inverse_frequencies} [1 heads, magnitude 1, interleaved]
        %7:attention = Attention(%5:q, %6:k, %4:v) [3 heads over 1, scale 0.5, cache 0]
        %8:projected = Linear(%7:attention) {blk.0.attn_output.weight}
        %9:x = Add(%8:projected, %0:x)
        %10:h = RmsNorm(%9:x) {blk.0.ffn_norm.weight} [epsilon 1E-05]
        %11:gate = Linear(%10:h) {blk.0.ffn_gate.weight}
        %12:up = Linear(%10:h) {blk.0.ffn_up.weight}
        %13:activated = SwiGlu(%11:gate, %12:up)
        %14:projected = Linear(%13:activated) {blk.0.ffn_down.weight}
        %15:x = Add(%14:projected, %9:x)
        %16:x = SelectOutputs(%15:x)
        %17:h = RmsNorm(%16:x) {output_norm.weight} [epsilon 1E-05]
        %18:logits = Linear(%17:h) {token_embd.weight}

        """,
        new TinyLlama(layers: 1).Build().Graph.Dump());

    [Fact]
    public void A_separate_head_takes_the_place_of_the_embedding()
    {
        var model = new TinyLlama(layers: 1).Random("output.weight", TinyLlama.Vocabulary, TinyLlama.Hidden).Build();
        Assert.EndsWith("%18:logits = Linear(%17:h) {output.weight}\n", model.Graph.Dump());
        Assert.Contains(model.Facts, f => f is { Key: "head", Value: "separate" });
    }

    [Fact]
    public void Biases_are_added_where_the_file_has_them()
    {
        var model = new TinyLlama(layers: 1)
            .Random("blk.0.attn_q.bias", TinyLlama.Hidden).Random("blk.0.attn_k.bias", TinyLlama.KeyValue).Random("blk.0.attn_v.bias", TinyLlama.KeyValue)
            .Random("blk.0.attn_output.bias", TinyLlama.Hidden).Random("blk.0.ffn_down.bias", TinyLlama.Hidden).Build();
        var biases = model.Graph.Nodes.Select(n => n.Op).OfType<AddBiasOp>().ToList();
        Assert.Equal(
            ["blk.0.attn_q.bias", "blk.0.attn_k.bias", "blk.0.attn_v.bias", "blk.0.attn_output.bias", "blk.0.ffn_down.bias"], biases.Select(b => b.Bias.Name));
        Assert.Equal(["Attention.QueryBias", "Attention.KeyBias", "Attention.ValueBias", "Attention.OutputBias", "FeedForward.DownBias"], biases.Select(b => b.Bias.Path));
    }

    [Fact]
    public void Head_lengths_and_rotated_dimensions_come_from_their_keys()
    {
        var model = new TinyLlama(layers: 1).Key("llama.attention.key_length", 8u).Key("llama.attention.value_length", 6u).Key("llama.rope.dimension_count", 4u)
            .Random("blk.0.attn_q.weight", 24, TinyLlama.Hidden).Random("blk.0.attn_k.weight", 8, TinyLlama.Hidden)
            .Random("blk.0.attn_v.weight", 6, TinyLlama.Hidden).Random("blk.0.attn_output.weight", TinyLlama.Hidden, 18).Build();
        var attention = model.Graph.Nodes.Select(n => n.Op).OfType<AttentionOp>().Single();
        Assert.Equal((3, 1, 8, 6, (float)(1 / Math.Sqrt(8))), (attention.Heads, attention.KvHeads, attention.KeyLength, attention.ValueLength, attention.Scale));
        Assert.All(model.Graph.Nodes.Select(n => n.Op).OfType<RopeOp>(), rope => Assert.Equal(2, rope.InverseFrequencies.Columns));
    }

    [Fact]
    public void Rope_scalings_of_the_file_reach_the_frequencies()
    {
        static RopeOp Rope(TinyLlama model) => model.Build().Graph.Nodes.Select(n => n.Op).OfType<RopeOp>().First();
        static TinyLlama Scaled(string type) => new TinyLlama(layers: 1).Key("llama.rope.scaling.type", type).Key("llama.rope.scaling.factor", 4f);

        Assert.Equal(RopeScaling.Plain(4, 10000).InverseFrequencies, Rope(new(layers: 1)).InverseFrequencies.Values);
        Assert.Equal(RopeScaling.Linear(4, 10000, 4).InverseFrequencies, Rope(Scaled("linear")).InverseFrequencies.Values);
        Assert.Equal(RopeScaling.Linear(4, 10000, 2).InverseFrequencies, Rope(new TinyLlama(layers: 1).Key("llama.rope.scale_linear", 2f)).InverseFrequencies.Values);
        Assert.Equal(
            RopeScaling.Llama3(4, 10000, 4, 1, 4, 32).InverseFrequencies,
            Rope(Scaled("llama3").Key("llama.rope.scaling.original_context_length", 32u)).InverseFrequencies.Values);
        Assert.Equal(
            RopeScaling.Factors(4, 10000, [1f, 8f]).InverseFrequencies, Rope(new TinyLlama(layers: 1).Tensor("rope_freqs.weight", [2], 1f, 8f)).InverseFrequencies.Values);

        var yarn = Rope(Scaled("yarn").Key("llama.rope.scaling.original_context_length", 16u).Key("llama.rope.scaling.attn_factor", 0.5f));
        Assert.Equal(RopeScaling.Yarn(4, 10000, 4, 16).InverseFrequencies, yarn.InverseFrequencies.Values);
        Assert.Equal((float)(0.5 * ((0.1 * Math.Log(4)) + 1)), yarn.Magnitude);
    }

    [Fact]
    public void Every_architecture_of_the_table_has_a_fixture_that_compiles()
    {
        // A new architecture adds its smallest model here.
        Dictionary<string, Func<TinyLlama>> fixtures = new() { ["llama"] = () => new() };
        Assert.Equal(ArchitectureTable.All.Select(a => a.Id).Order(), fixtures.Keys.Order());
        foreach (var (id, fixture) in fixtures)
        {
            var model = fixture().Build();
            Assert.Contains(model.Facts, f => f.Key == "architecture" && f.Value == id);
            Assert.Equal(TinyLlama.Vocabulary, model.Graph.Outputs["logits"].Width);
        }
    }

    [Fact]
    public void An_operation_whose_inputs_do_not_fit_is_refused()
    {
        var graph = new Compiler.Ir.Graph();
        var x = graph.Add(new EmbeddingOp(new("table", 7, 12, "", -1)), "x", "");
        Assert.Contains("columns 8 for inputs 12", Assert.Throws<GraphException>(() => graph.Add(new LinearOp(new WeightRef("w", 4, 8, "", -1)), "y", "", x)).Message);
        Assert.Throws<GraphException>(() => graph.Add(new RopeOp(5, new("f", 1, 2, "", -1), 1, true), "y", "", x));
        Assert.Throws<GraphException>(() => graph.Add(new AttentionOp(3, 2, 4, 4, 0, 1, 0), "y", "", x, x, x));
        Assert.Throws<GraphException>(() => graph.Replace([.. graph.Nodes.Skip(1), new(new AddOp(), [x, x], [x], -1, "")]));
    }
}
