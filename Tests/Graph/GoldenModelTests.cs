using System.Text.Json;
using ModelPack.Tests.Build;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Graph;

/// <summary>Real models, compiled and interpreted, against what a float32 reference implementation says of them.</summary>
public sealed class GoldenModelTests
{
    private const string SmolLm2 = "models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";

    public static TheoryData<KernelSet, int> Rungs => [.. from set in KernelSets.Supported from threads in new[] { 1, 2 } select (set, threads)];

    [Theory]
    [MemberData(nameof(Rungs))]
    public void Stories260K_continues_every_prompt_with_the_golden_200_tokens(KernelSet kernels, int threads)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("golden/stories260k.json")));
        using var model = Interpreted.Load(Repository.Path("Tests", "Fixtures", "stories260K.gguf"), new() { Kernels = kernels, Threads = threads });
        foreach (var item in json.RootElement.EnumerateArray())
        {
            var expected = Ids(item, "greedy");
            Assert.Equal(200, expected.Length);
            Assert.Equal(expected, model.Greedy(Ids(item, "ids"), 200));
        }
    }

    [Fact]
    public void SmolLM2_with_float_activations_has_the_golden_logits_and_continuations()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.Path("golden/smollm2.json")));
        var golden = SafetensorsFile.OpenShared("golden/smollm2.safetensors");
        using var model = Interpreted.Load(SharedData.Path(SmolLm2), new() { Threads = 2, FloatActivations = true });
        var prompts = json.RootElement.EnumerateArray().ToList();
        Assert.Equal(7, prompts.Count);
        foreach (var item in prompts)
        {
            var (name, prompt, greedy) = (item.GetProperty("name").GetString()!, Ids(item, "ids"), Ids(item, "greedy"));
            var expected = golden.GetFloats(name + ".last_logits");
            model.Session.Truncate(0);
            var actual = model.Session.Evaluate(prompt).ToArray();
            var difference = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: logits differ by at most {difference}");
            Assert.InRange(difference, 0, 1e-3);
            Assert.Equal(greedy, model.Greedy(prompt, greedy.Length));
        }
    }

    [Fact]
    public void SmolLM2_predicts_the_golden_text_as_well_as_the_reference_and_int8_activations_cost_little()
    {
        var golden = SafetensorsFile.OpenShared("golden/smollm2.safetensors");
        using var exact = Interpreted.Load(SharedData.Path(SmolLm2), new() { Threads = 2, FloatActivations = true });
        using var model = Interpreted.Load(SharedData.Path(SmolLm2), new() { Threads = 2 });
        var vocabulary = model.Session.VocabularySize;
        double reference = 0, nll = 0, exactNll = 0, divergence = 0;
        var predicted = 0;
        for (var w = 0; w < 4; w++)
        {
            var ids = golden.GetInt32($"window{w}.input_ids");
            var expected = golden.GetFloats($"window{w}.nll");
            float[] a = exact.Logits(ids), b = model.Logits(ids);
            for (var i = 0; i < ids.Length - 1; i++)
            {
                var exactRow = LogSoftmax(a.AsSpan(i * vocabulary, vocabulary));
                var row = LogSoftmax(b.AsSpan(i * vocabulary, vocabulary));
                reference += expected[i];
                exactNll -= exactRow[ids[i + 1]];
                nll -= row[ids[i + 1]];
                divergence += exactRow.Zip(row, (p, q) => Math.Exp(p) * (p - q)).Sum();
                Assert.True(SameChoiceWhereItIsClear(a.AsSpan(i * vocabulary, vocabulary), b.AsSpan(i * vocabulary, vocabulary)), $"window {w}, position {i}");
                predicted++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"mean NLL: golden {reference / predicted:F5}, float activations {exactNll / predicted:F5}, int8 {nll / predicted:F5}; KL divergence of int8 from float {divergence / predicted:F5}");
        Assert.Equal(1020, predicted);
        Assert.InRange((exactNll - reference) / predicted, -0.0005, 0.0005);
        Assert.InRange((nll - reference) / predicted, -0.02, 0.02);
        Assert.InRange(divergence / predicted, 0, 0.005);
    }

    /// <summary>The best token must agree unless the reference's two best are within 0.5 of each other.</summary>
    private static bool SameChoiceWhereItIsClear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        int best = 0, chosen = 0;
        var second = float.NegativeInfinity;
        for (var i = 1; i < expected.Length; i++)
        {
            second = Math.Max(second, Math.Min(expected[i], expected[best]));
            best = expected[i] > expected[best] ? i : best;
            chosen = actual[i] > actual[chosen] ? i : chosen;
        }

        return chosen == best || expected[best] - second <= 0.5f;
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double max = float.NegativeInfinity, sum = 0;
        foreach (var v in logits)
        {
            max = Math.Max(max, v);
        }

        foreach (var v in logits)
        {
            sum += Math.Exp(v - max);
        }

        var result = new double[logits.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = logits[i] - max - Math.Log(sum);
        }

        return result;
    }

    private static int[] Ids(JsonElement item, string name) => [.. item.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
}
