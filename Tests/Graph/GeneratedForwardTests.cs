using System.Reflection;
using ModelPack.Execution;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Generator;

namespace ModelPack.Tests.Graph;

/// <summary>The C# that the generator prints for a plan and the interpreter of the same plan give the same bits: on every rung, with one thread and with two.</summary>
public sealed class GeneratedForwardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stories260K() => Compare(PackedModel.Compile(Repository.Path("Tests", "Fixtures", "stories260K.gguf")), templates: 1, floatActivations: false);

    [Fact]
    public void Quantised_matrices_with_biases() =>
        Compare(Compile(new() { Matrices = MatrixType.Q4_0, Biases = true, Layers = 3 }), templates: 1, floatActivations: false);

    [Fact]
    public void Float_activations_and_heads_of_their_own_length() =>
        Compare(Compile(new() { Matrices = MatrixType.Q8_0, KeyLength = 24, ValueLength = 8, Tied = true }), templates: 1, floatActivations: true);

    [Fact]
    public void Layers_of_several_kinds() =>
        Compare(Compile(new() { Layers = 5, HasUnitGain = n => n is "blk.1.attn_norm.weight" or "blk.2.attn_norm.weight" or "output_norm.weight" }), templates: 2, floatActivations: false);

    [Fact]
    public void A_scaled_and_magnified_rope() =>
        Compare(
            Compile(new()
            {
                Metadata = { ["llama.rope.scaling.type"] = "yarn", ["llama.rope.scaling.factor"] = 4f, ["llama.rope.scaling.original_context_length"] = 32 },
            }),
            templates: 1,
            floatActivations: false);

    private PackedModel Compile(RandomLlama model) => PackedModel.Compile(model.Write(_folder));

    private static void Compare(PackedModel packed, int templates, bool floatActivations)
    {
        Assert.Equal(templates, packed.Plan.Templates.Count);
        Assert.Empty(PlanCheck.Problems(packed.Plan));
        new GeneratorHost().WithShape(PlanText.Write(packed.Plan.Shape)).WithPlan(PlanText.Write(packed.Plan)).RunAndCompile(out var assembly);
        var forward = Assembly.Load(assembly).GetType("App.Tiny+Forward", throwOnError: true)!;
        ForwardPass Generated(IReadOnlyList<Weight> weights) => (ForwardPass)Activator.CreateInstance(forward, weights)!;

        var vocabulary = packed.Plan.Shape.Sizes.VocabularySize;
        int[] prompt = PackedModel.Ids(19, vocabulary), decode = PackedModel.Ids(5, vocabulary, 2);
        var expected = packed.Interpret(new() { Threads = 1, Kernels = KernelSet.Scalar, FloatActivations = floatActivations }, prompt, decode);
        foreach (var rung in KernelSets.Supported)
        {
            foreach (var threads in (int[])[1, 2])
            {
                var options = new ModelOptions { Threads = threads, Kernels = rung, FloatActivations = floatActivations };
                PackedModel.AssertSameBits(expected, packed.Run(options, Generated, prompt, decode));
                PackedModel.AssertSameBits(expected, packed.Interpret(options, prompt, decode));
            }
        }
    }
}
