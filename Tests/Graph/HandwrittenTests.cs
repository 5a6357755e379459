using ModelPack.Compiler.Interpreter;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Graph;

/// <summary>Graph, passes, lowering and interpreter together compute what a llama written by hand computes, bit for bit.</summary>
public sealed class HandwrittenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    public void Stories260K_has_the_bits_of_the_handwritten_llama(bool floatActivations, int threads) =>
        Compare(Repository.Path("Tests", "Fixtures", "stories260K.gguf"), 512, floatActivations, threads, 50, 10);

    [Theory]
    [InlineData(MatrixType.F32, false)]
    [InlineData(MatrixType.Q8_0, false)]
    [InlineData(MatrixType.Q8_0, true)]
    [InlineData(MatrixType.Q4_0, false)]
    [InlineData(MatrixType.Q4_0, true)]
    public void Quantised_matrices_have_the_bits_of_the_handwritten_llama(MatrixType matrices, bool floatActivations) =>
        Compare(new RandomLlama { Matrices = matrices }, floatActivations);

    [Theory]
    [InlineData(MatrixType.F32, false)]
    [InlineData(MatrixType.Q8_0, false)]
    [InlineData(MatrixType.Q4_0, true)]
    public void Heads_that_are_no_even_part_of_the_hidden_size_have_the_bits_of_the_handwritten_llama(MatrixType matrices, bool floatActivations) =>
        Compare(new RandomLlama { Matrices = matrices, KeyLength = 24, ValueLength = 8, RopeDimensions = 20, Tied = true }, floatActivations);

    [Theory]
    [InlineData(MatrixType.F32, false)]
    [InlineData(MatrixType.Q8_0, false)]
    [InlineData(MatrixType.Q4_0, true)]
    public void Biases_have_the_bits_of_the_handwritten_llama(MatrixType matrices, bool floatActivations) =>
        Compare(new RandomLlama { Matrices = matrices, Biases = true }, floatActivations);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Odd_sizes_have_the_bits_of_the_handwritten_llama(bool floatActivations) =>
        Compare(new RandomLlama { Hidden = 48, FeedForward = 100, Heads = 6, KvHeads = 3, Vocabulary = 37, Layers = 3 }, floatActivations);

    [Fact]
    public void A_single_row_matrix_is_as_wide_as_any()
    {
        // The widest input belongs to a matrix of one row: the int8 buffers must hold it all the same.
        var model = new RandomLlama { Hidden = 1, Heads = 1, KvHeads = 1, KeyLength = 2, FeedForward = 512, Layers = 1, Tied = true };
        var plan = PackedModel.Compile(model.Write(_folder)).Plan;
        Assert.Equal(512, plan.Shape.Sizes.MaxWidth);
    }

    [Fact]
    public void The_interpreter_has_the_operations_of_the_catalogue() =>
        Assert.Equal(KernelCatalog.All.Select(r => r.Op), PlanInterpreter.Operations.Order(StringComparer.Ordinal));

    [Fact]
    public void Splitting_a_prompt_changes_nothing()
    {
        var model = new RandomLlama { Matrices = MatrixType.Q8_0, Biases = true };
        var packed = PackedModel.Compile(model.Write(_folder));
        var ids = PackedModel.Ids(70, model.Vocabulary);
        var whole = packed.Interpret(new() { Threads = 2 }, ids, []);
        PackedModel.AssertSameBits(whole, packed.Interpret(new() { Threads = 1 }, ids.AsSpan(0, 1), ids.AsSpan(1)));
        PackedModel.AssertSameBits(whole, packed.Interpret(new() { Threads = 2 }, ids.AsSpan(0, 65), ids.AsSpan(65)));
    }

    private void Compare(RandomLlama model, bool floatActivations) => Compare(model.Write(_folder), model.Vocabulary, floatActivations, 2, 40, 6);

    private static void Compare(string path, int vocabulary, bool floatActivations, int threads, int promptLength, int decodeLength)
    {
        var options = new ModelOptions { Threads = threads, FloatActivations = floatActivations };
        int[] prompt = PackedModel.Ids(promptLength, vocabulary), decode = PackedModel.Ids(decodeLength, vocabulary, 2);
        using var handwritten = HandwrittenLlama.Load(path, options);
        PackedModel.AssertSameBits(PackedModel.Logits(handwritten.Session, prompt, decode), PackedModel.Compile(path).Interpret(options, prompt, decode));
    }
}
