using ModelPack.Compiler;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Lowering;
using ModelPack.Plan;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

public sealed class TemplateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_layers_of_stories260K_are_one_template() => CheckOneTemplate(Inspect(Stories), 5);

    [Fact]
    public void The_layers_of_SmolLM2_are_one_template()
    {
        var model = Inspect(SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"));
        CheckOneTemplate(model, 30);
        Assert.Equal((49152, 30, 3, 64, 64, 1536), (model.Shape.Sizes.VocabularySize, model.Shape.Sizes.CacheLayers, model.Shape.Sizes.KvHeads, model.Shape.Sizes.KeyLength, model.Shape.Sizes.ValueLength, model.Shape.Sizes.MaxWidth));
    }

    [Fact]
    public void Passes_that_read_weights_change_no_buffer_weight_or_accessor()
    {
        var path = new RandomLlama { Layers = 4, Biases = true, HasUnitGain = n => n is "blk.1.attn_norm.weight" or "output_norm.weight" }.Write(_folder);
        var plan = PackedModel.Compile(path).Plan;
        Assert.Equal(2, plan.Templates.Count);
        Assert.Equal(Inspect(path).Shape, plan.Shape);
        Assert.Equal(Inspect(path).Buffers, plan.Buffers);
        Assert.Equal(PlanText.Write(Inspect(path).Shape), PlanText.Write(plan.Shape));
    }

    [Fact]
    public void The_plan_of_stories260K_passes_its_checks_and_has_the_shape_that_inspect_gives()
    {
        var plan = PackedModel.Compile(Stories).Plan;
        Assert.Empty(ShapeCheck.Problems(plan.Shape));
        Assert.Empty(PlanCheck.Problems(plan));
        Assert.Equal(Inspect(Stories).Shape, plan.Shape);
        Assert.Equal(plan, PlanText.ReadPlan(PlanText.Write(plan)).Value);
    }

    [Fact]
    public void A_pack_does_not_depend_on_the_number_of_threads_nor_a_plan_on_the_run()
    {
        var path = new RandomLlama { Matrices = MatrixType.Q8_0, Vocabulary = 5000, Tied = true }.Write(_folder);
        var one = PackedModel.Compile(path, threads: 1);
        var two = PackedModel.Compile(path, threads: 2);
        Assert.Equal(one.Pack, two.Pack);
        Assert.Equal(PlanText.Write(one.Plan), PlanText.Write(two.Plan));
    }

    [Fact]
    public void Accessors_name_the_tensors_of_every_layer_and_say_where_one_is_missing()
    {
        var shape = Inspect(new RandomLlama { Layers = 3, Biases = true, Tensors = { ["blk.1.attn_q.bias"] = null } }.Write(_folder)).Shape;
        var query = shape.Accessors.Single(a => a.Path == "Layers.Attention.Query");
        Assert.Equal(["blk.0.attn_q.weight", "blk.1.attn_q.weight", "blk.2.attn_q.weight"], query.Weights.Select(i => shape.Weights[i].Name));
        Assert.Equal(-1, shape.Accessors.Single(a => a.Path == "Layers.Attention.QueryBias").Weights[1]);
        Assert.Equal(["token_embd.weight"], shape.Accessors.Single(a => a.Path == "TokenEmbedding").Weights.Select(i => shape.Weights[i].Name));
    }

    private static LoweredModel Inspect(string path)
    {
        using var source = ModelSource.Open(path);
        return ModelCompiler.Inspect(source, new("Tiny", "App", null));
    }

    /// <summary>Embedding, the layers, then what follows them; and all of it is a plan that passes its checks.</summary>
    private static void CheckOneTemplate(LoweredModel model, int layers)
    {
        Assert.Single(model.Templates);
        Assert.Equal(["Embedding", null, "SelectOutputs", "RmsNorm", "Linear"], model.Steps.Select(s => s.Call?.Op));
        var repeat = model.Steps[1].Repeat!;
        Assert.Equal((model.Templates[0].Name, 0, layers), (repeat.Template, repeat.FirstLayer, repeat.Rows.Count));
        Assert.Equal(
            ["RmsNorm", "Linear", "Rope", "Rope", "Attention", "LinearAdd", "RmsNorm", "Linear", "SwiGlu", "LinearAdd"], model.Templates[0].Calls.Select(c => c.Op));
        Assert.Empty(ShapeCheck.Problems(model.Shape));
        Assert.Empty(PlanCheck.Problems(new(
            model.Shape, "0", new string('0', 32), 1, new(model.Weights.Select(w => w.SourceFormat.ToString())), model.Buffers, model.Templates, model.Steps)));
    }
}
