using System.Text.Json;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>
/// Encoders take the path of all matrices: the real all-MiniLM-L6-v2 through statistics and quantiser. Its loss is what embeddings are used for: which of some texts a window is most like.
/// </summary>
public sealed class EncoderTests(ITestOutputHelper output)
{
    private const int Texts = 128, Calibration = 128, Test = 64;
    private static readonly SourceWeights s_weights = new(KernelSets.Resolve(KernelSet.Auto));
    private static readonly Workers s_workers = new(Environment.ProcessorCount, CancellationToken.None);

    [Fact]
    public void Engine_gives_the_golden_embeddings()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(SharedData.Path("golden/minilm.json")));
        var texts = json.RootElement.EnumerateArray().ToArray();
        var expected = SafetensorsFile.OpenShared("golden/minilm.safetensors").GetFloats("embeddings");
        var model = MiniLm.Open(expected);
        for (var i = 0; i < texts.Length; i++)
        {
            int[] ids = [.. texts[i].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            var text = texts[i].GetProperty("text").GetString()!;
            if (ids.Length < 256 && text.All(char.IsAscii))
            {
                Assert.Equal(ids, MiniLm.Encode(text));
            }

            Assert.Equal(1, Cosine(Embeddings(model, s_weights, new(ids, ids.Length)), expected, i), 5e-6);
        }
    }

    [Fact]
    public void A_sentence_encoder_is_quantised_as_language_models_are()
    {
        // Texts to compare with are others than those looked at: nothing is as sure as a text that is compared with itself.
        var windows = MiniLm.Windows("text/wikitext-2.valid.txt", Calibration + Texts);
        var model = MiniLm.Open(Embeddings(MiniLm.Open(new float[MiniLm.Hidden]), s_weights, windows.Range(Calibration, Texts)));
        var calibration = windows.Range(0, Calibration);
        var statistics = StatisticsRefinement.Run(model.Graph, Calibrator.Run(model.Graph, s_weights, calibration, new(Calibration, Calibration), s_workers, _ => { }));
        statistics.Remove("texts");
        var inputs = CalibrationStage.Inputs(model.Graph, statistics);
        Assert.Equal(37, inputs.Length);

        var test = MiniLm.Windows("text/wikitext-2.test.txt", Test);
        using var evaluation = new HeldOutEvaluation(model.Graph, s_weights, test, s_workers);
        var quantized = ModelQuantizer.Run(inputs, new(1e-10, 8), _ => { }, CancellationToken.None);
        var replaced = new ReplacedWeights(s_weights, quantized.Rows());
        var divergence = evaluation.DivergenceOf(replaced).Mean;
        float[] got = Embeddings(model, replaced, test), expected = Embeddings(model, s_weights, test);
        var cosine = Enumerable.Range(0, Test).Average(i => Cosine(got.AsSpan(i * MiniLm.Hidden, MiniLm.Hidden), expected, i));
        output.WriteLine(FormattableString.Invariant(
            $"{quantized.BitsRest:F3} bits at rest, {quantized.BitsResident:F3} resident, divergence {divergence:F4} (expected {quantized.ExpectedDivergence:F4}), cosine {cosine:F5}"));
        Assert.InRange(quantized.BitsRest, 2, 4.1);
        Assert.InRange(divergence, 0, 0.006);
        Assert.InRange(cosine, 0.99, 1);

        // But for what is behind the last attention, whose errors add up over the positions that are pooled, the measured divergence is what was expected.
        var second = inputs.Where(i => i.Name.StartsWith("encoder.layer.1.", StringComparison.Ordinal)).ToArray();
        var alone = ModelQuantizer.Run(second, new(1e-10, 8), _ => { }, CancellationToken.None);
        Assert.InRange(evaluation.DivergenceOf(new ReplacedWeights(s_weights, alone.Rows())).Mean / alone.ExpectedDivergence, 0.5, 3);
    }

    [Fact]
    public void Roles_come_from_the_graph()
    {
        var roles = LinearRoles.Of(MiniLm.Open(new float[MiniLm.Hidden]).Graph).ToDictionary(r => r.Key.Name, r => r.Value);
        Assert.Equal(LinearRole.Embedding, roles["embeddings.word_embeddings.weight"]);
        Assert.Equal(LinearRole.AttentionValue, roles["encoder.layer.0.attention.self.value.weight"]);
        Assert.Equal(LinearRole.AttentionOutput, roles["encoder.layer.5.attention.output.dense.weight"]);
        Assert.Equal(LinearRole.Up, roles["encoder.layer.3.intermediate.dense.weight"]);
        Assert.Equal(LinearRole.Down, roles["encoder.layer.3.output.dense.weight"]);
        Assert.Equal(LinearRole.Head, roles["texts"]);
    }

    /// <param name="embedding">One.</param>
    /// <param name="expected">Several.</param>
    /// <param name="index">Which of them.</param>
    private static double Cosine(ReadOnlySpan<float> embedding, float[] expected, int index)
    {
        double product = 0, x = 0, y = 0;
        for (var i = 0; i < embedding.Length; i++)
        {
            double a = embedding[i], b = expected[(index * embedding.Length) + i];
            (product, x, y) = (product + (a * b), x + (a * a), y + (b * b));
        }

        return product / Math.Sqrt(x * y);
    }

    /// <summary>[windows, 384].</summary>
    private static float[] Embeddings(MiniLm model, IWeightValues weights, WindowSet windows)
    {
        using var engine = new GraphEngine(model.Graph, weights, s_workers);
        return ReferenceStates.Compute(engine, windows, windows.Length - 1);
    }
}
