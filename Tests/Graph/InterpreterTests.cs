using ModelPack.Compiler.Interpreter;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Graph;

public sealed class InterpreterTests
{
    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    [Fact]
    public void The_interpreter_has_the_operations_of_the_catalogue() =>
        Assert.Equal(KernelCatalog.All.Select(k => k.Op), PlanInterpreter.Operations.Order(StringComparer.Ordinal));

    [Fact]
    public void Stories260K_has_the_bits_of_the_model_written_by_hand() => AssertSameBits(Stories, [1, 403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315]);

    [Fact]
    public void SmolLM2_has_the_bits_of_the_model_written_by_hand() =>
        AssertSameBits(SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"), [504, 3575, 282, 4649, 314, 7042]);

    [Fact]
    public void Biases_separate_heads_and_head_lengths_are_computed_as_a_plain_loop_does()
    {
        var path = new TinyLlama().Key("llama.attention.key_length", 8u).Key("llama.attention.value_length", 6u).Key("llama.rope.dimension_count", 4u)
            .Random("output.weight", TinyLlama.Vocabulary, TinyLlama.Hidden);
        foreach (var layer in new[] { 0, 1 })
        {
            path.Random($"blk.{layer}.attn_q.weight", 24, TinyLlama.Hidden).Random($"blk.{layer}.attn_k.weight", 8, TinyLlama.Hidden)
                .Random($"blk.{layer}.attn_v.weight", 6, TinyLlama.Hidden).Random($"blk.{layer}.attn_output.weight", TinyLlama.Hidden, 18)
                .Random($"blk.{layer}.attn_q.bias", 24).Random($"blk.{layer}.attn_k.bias", 8).Random($"blk.{layer}.attn_v.bias", 6).Random($"blk.{layer}.attn_output.bias", 12)
                .Random($"blk.{layer}.ffn_gate.bias", 20).Random($"blk.{layer}.ffn_up.bias", 20).Random($"blk.{layer}.ffn_down.bias", 12);
        }

        using var model = Interpreted.Load(path.Write());
        int[] ids = [1, 3, 4, 5, 6, 0, 2, 4];
        var expected = new PlainLlama(model.Model.Weights, heads: 3, kvHeads: 1, keyLength: 8, valueLength: 6).Logits(ids);
        var actual = model.Logits(ids);
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-5, $"logit {i}: expected {expected[i]}, got {actual[i]}");
        }
    }

    private static void AssertSameBits(string path, int[] ids)
    {
        using var byHand = HandwrittenLlama.Load(path, new() { Threads = 2 });
        using var model = Interpreted.Load(path, new() { Threads = 2 });
        var expected = new float[ids.Length * model.Session.VocabularySize];
        byHand.Session.EvaluateAll(ids, expected);
        Assert.Equal(expected, model.Logits(ids));
    }
}
