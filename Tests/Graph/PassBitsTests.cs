using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Passes;
using ModelPack.Tests.Build;
using IrGraph = ModelPack.Compiler.Ir.Graph;

namespace ModelPack.Tests.Graph;

/// <summary>Every pass rewrites what it should, nothing else, and not a bit of the logits.</summary>
public sealed class PassBitsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FuseLinears_joins_matrices_of_one_input()
    {
        var (before, after) = Dump(new FuseLinears(), new RandomLlama { Layers = 1, Tied = true });
        Assert.Equal(Plain, before);
        Assert.Equal(
            """
            %0:x = Embedding() {token_embd.weight}
            %1:h = RmsNorm(%0:x) {blk.0.attn_norm.weight}
            %2:q, %3:k, %4:v = Linear(%1:h) {blk.0.attn_q.weight, blk.0.attn_k.weight, blk.0.attn_v.weight}
            %5:q = Rope(%2:q) {rope.inverse_frequencies}
            %6:k = Rope(%3:k) {rope.inverse_frequencies}
            %7:attention = Attention(%5:q, %6:k, %4:v)
            %8:projected = Linear(%7:attention) {blk.0.attn_output.weight}
            %9:x = Add(%8:projected, %0:x)
            %10:h = RmsNorm(%9:x) {blk.0.ffn_norm.weight}
            %11:gate, %12:up = Linear(%10:h) {blk.0.ffn_gate.weight, blk.0.ffn_up.weight}
            %13:activated = SwiGlu(%11:gate, %12:up)
            %14:projected = Linear(%13:activated) {blk.0.ffn_down.weight}
            %15:x = Add(%14:projected, %9:x)
            %16:x = SelectOutputs(%15:x)
            %17:h = RmsNorm(%16:x) {output_norm.weight}
            %18:logits = Linear(%17:h) {token_embd.weight}

            """,
            after);
    }

    [Fact]
    public void FuseResiduals_lets_a_matrix_add_to_the_residual_stream()
    {
        var (before, after) = Dump(new FuseResiduals(), new RandomLlama { Layers = 1, Tied = true });
        Assert.Equal(Plain, before);
        Assert.Equal(
            Plain
                .Replace("%8:projected = Linear(%7:attention) {blk.0.attn_output.weight}\n%9:x = Add(%8:projected, %0:x)\n", "%9:x = LinearAdd(%7:attention, %0:x) {blk.0.attn_output.weight}\n", StringComparison.Ordinal)
                .Replace("%14:projected = Linear(%13:activated) {blk.0.ffn_down.weight}\n%15:x = Add(%14:projected, %9:x)\n", "%15:x = LinearAdd(%13:activated, %9:x) {blk.0.ffn_down.weight}\n", StringComparison.Ordinal),
            after);
    }

    [Fact]
    public void FuseResiduals_leaves_a_matrix_whose_bias_comes_between()
    {
        var (before, after) = Dump(new FuseResiduals(), new RandomLlama { Layers = 1, Biases = true });
        Assert.Contains("AddBias", before, StringComparison.Ordinal);
        Assert.Equal(before, after);
    }

    [Fact]
    public void FoldNormGains_drops_gains_of_one_and_no_others()
    {
        var (before, after) = Dump(new FoldNormGains(), new RandomLlama { Layers = 1, Tied = true, HasUnitGain = n => n == "blk.0.ffn_norm.weight" });
        Assert.Equal(Plain, before);
        Assert.Equal(Plain.Replace("RmsNorm(%9:x) {blk.0.ffn_norm.weight}", "RmsNorm(%9:x)", StringComparison.Ordinal), after);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_pass_changes_no_bit_of_the_logits(string pass, MatrixType matrices, bool biases, bool tied, bool floatActivations)
    {
        var model = new RandomLlama
        {
            Matrices = matrices,
            Biases = biases,
            Tied = tied,
            HasUnitGain = n => n is "blk.1.attn_norm.weight" or "blk.0.ffn_norm.weight" or "output_norm.weight",
        };
        var path = model.Write(_folder);
        string[] without = pass == "all" ? [.. Pipeline.All.Select(p => p.Name)] : [pass];
        var options = new ModelOptions { Threads = 2, FloatActivations = floatActivations };
        int[] prompt = PackedModel.Ids(21, model.Vocabulary), decode = PackedModel.Ids(5, model.Vocabulary, 2);
        var with = PackedModel.Compile(path);
        var bare = PackedModel.Compile(path, 2, without);
        if (pass != nameof(FoldConstants) && !(pass == nameof(FuseResiduals) && biases))
        {
            Assert.NotEqual(with.Plan.Templates, bare.Plan.Templates);
        }

        PackedModel.AssertSameBits(bare.Interpret(options, prompt, decode), with.Interpret(options, prompt, decode));
    }

    public static TheoryData<string, MatrixType, bool, bool, bool> Cases()
    {
        var data = new TheoryData<string, MatrixType, bool, bool, bool>();
        foreach (var pass in Pipeline.All.Select(p => p.Name).Append("all"))
        {
            data.Add(pass, MatrixType.F32, false, true, false);
            data.Add(pass, MatrixType.Q8_0, true, false, false);
            data.Add(pass, MatrixType.Q4_0, false, false, true);
            data.Add(pass, MatrixType.Q4_0, true, true, false);
        }

        return data;
    }

    private const string Plain =
        """
        %0:x = Embedding() {token_embd.weight}
        %1:h = RmsNorm(%0:x) {blk.0.attn_norm.weight}
        %2:q = Linear(%1:h) {blk.0.attn_q.weight}
        %3:k = Linear(%1:h) {blk.0.attn_k.weight}
        %4:v = Linear(%1:h) {blk.0.attn_v.weight}
        %5:q = Rope(%2:q) {rope.inverse_frequencies}
        %6:k = Rope(%3:k) {rope.inverse_frequencies}
        %7:attention = Attention(%5:q, %6:k, %4:v)
        %8:projected = Linear(%7:attention) {blk.0.attn_output.weight}
        %9:x = Add(%8:projected, %0:x)
        %10:h = RmsNorm(%9:x) {blk.0.ffn_norm.weight}
        %11:gate = Linear(%10:h) {blk.0.ffn_gate.weight}
        %12:up = Linear(%10:h) {blk.0.ffn_up.weight}
        %13:activated = SwiGlu(%11:gate, %12:up)
        %14:projected = Linear(%13:activated) {blk.0.ffn_down.weight}
        %15:x = Add(%14:projected, %9:x)
        %16:x = SelectOutputs(%15:x)
        %17:h = RmsNorm(%16:x) {output_norm.weight}
        %18:logits = Linear(%17:h) {token_embd.weight}

        """;

    /// <summary>What nodes do to which values with which weights; their numbers are LlamaGraphTests' matter.</summary>
    private static string Dump(IrGraph graph) => string.Concat(graph.Dump().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(" [")[0] + "\n"));

    private (string Before, string After) Dump(IPass pass, RandomLlama model)
    {
        using var source = ModelSource.Open(model.Write(_folder));
        IrGraph graph = ArchitectureTable.Build(source).Graph;
        var before = Dump(graph);
        pass.Run(graph);
        return (before, Dump(graph));
    }
}
