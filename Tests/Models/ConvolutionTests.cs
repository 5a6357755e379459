using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Tests.Entropy;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>Convolutions take the path of all matrices: a real ResNet-20 through statistics, quantiser and coder.</summary>
public sealed class ConvolutionTests(ITestOutputHelper output)
{
    private static readonly SourceWeights s_weights = new(KernelSet.Scalar);
    private static readonly Workers s_workers = new(Environment.ProcessorCount, CancellationToken.None);

    [Fact]
    public void Engine_gives_the_golden_logits()
    {
        var model = ResNet20.Open();
        var expected = SafetensorsFile.OpenShared("golden/resnet20.safetensors").GetFloats("logits_first100");
        Assert.All(expected.Zip(Logits(model, s_weights, ResNet20.Images(0, 100).Images)), p => Assert.Equal(p.First, p.Second, 1e-3));
    }

    /// <summary>Statistics of 300 images, 700 others to be judged on: what the quantiser expects is what is measured, classes stay, and the coder takes the codes' entropy.</summary>
    [Theory]
    [InlineData(3e-8, 4.3, 0.008, 0.97)]
    [InlineData(1e-7, 3.45, 0.04, 0.95)]
    public void A_resnet_is_quantised_as_language_models_are(double lambda, double mostBits, double mostDivergence, double leastAgreement)
    {
        var model = ResNet20.Open();
        var (test, labels) = ResNet20.Images(300, 700);
        var quantized = ModelQuantizer.Run(Inputs(model), new(lambda, 8), _ => { }, CancellationToken.None);
        var replaced = new ReplacedWeights(s_weights, quantized.Rows());
        using var evaluation = new HeldOutEvaluation(model.Graph, s_weights, test, s_workers);
        var divergence = evaluation.DivergenceOf(replaced);
        var bits = 8.0 * CodedBytes(quantized) / quantized.Weights;
        int before = Right(Logits(model, s_weights, test), labels), after = Right(Logits(model, replaced, test), labels);
        output.WriteLine(FormattableString.Invariant(
            $"λ {lambda}: {bits:F3} bits coded ({quantized.BitsRest:F3} by entropy), divergence {divergence.Mean:F4} (expected {quantized.ExpectedDivergence:F4}), same class {divergence.Top1:P1}, right {before} -> {after} of {labels.Length}"));
        Assert.InRange(bits, 1, mostBits);
        Assert.InRange(divergence.Mean, 0, mostDivergence);
        Assert.InRange(divergence.Mean / quantized.ExpectedDivergence, 0.5, 2);
        Assert.InRange(divergence.Top1, leastAgreement, 1);
        Assert.InRange(after, before - (labels.Length / 50), labels.Length);
        Assert.All(quantized.Matrices, m => Assert.Equal(TiledEncoder.Encode(m.Matrix), CodedCase.Of(m.Matrix).Decode(KernelSets.Resolve(KernelSet.Auto))));
    }

    [Fact]
    public void Scales_that_batch_normalization_takes_back_change_nothing_but_the_steps()
    {
        var model = ResNet20.Open();
        var images = ResNet20.Images(0, 50).Images;
        var inputs = Inputs(model);
        var rows = inputs.ToDictionary(i => i.Name, IWeightRows (i) => new FloatRows(i.Values()));
        foreach (var (name, values) in inputs.SelectMany(i => i.Vectors))
        {
            rows[name] = new FloatRows(values);
        }

        Assert.Equal(19, inputs.Count(i => i.Vectors.Count == 2));
        Assert.Contains(inputs, i => !i.Values().AsSpan().SequenceEqual(model.Graph.Weights.Single(w => w.Name == i.Name).ReadFloats()));
        float[] expected = Logits(model, s_weights, images), scaled = Logits(model, new ReplacedWeights(s_weights, rows), images);
        Assert.All(expected.Zip(scaled), p => Assert.Equal(p.First, p.Second, 1e-4));
        foreach (var input in inputs.Where(i => i.Vectors.Count > 0))
        {
            Assert.All(input.Statistics.RowWeights, w => Assert.Equal(1, w / input.Statistics.RowWeights[0], 1e-5));
        }
    }

    private static MatrixInput[] Inputs(ResNet20 model)
    {
        var raw = Calibrator.Run(model.Graph, s_weights, ResNet20.Images(0, 300).Images, new(300, 300), s_workers, _ => { });
        return CalibrationStage.Inputs(model.Graph, StatisticsRefinement.Run(model.Graph, raw));
    }

    /// <summary>Codes, tables and all other side information.</summary>
    private static long CodedBytes(QuantizedModel model)
    {
        var parallel = new ParallelOptions();
        var tables = new TiledTableSet(model.Matrices[0].Matrix.States);
        foreach (var matrix in model.Matrices)
        {
            tables.Count(matrix.Matrix, parallel);
        }

        var coded = model.Matrices.Select(m => (Segment: TiledSegmentEncoder.Encode(m.Matrix, tables, 0, 0, parallel)!, Columns: TiledSegmentEncoder.Columns(m.Matrix)));
        return tables.ToBytes().Length + coded.Sum(c => c.Segment.Prologue.Length + c.Columns.Length + c.Segment.Chunks.Sum(s => (long)s.Length));
    }

    private static int Right(float[] logits, int[] labels) => labels.Where((label, i) =>
    {
        var scores = logits.AsSpan(i * ResNet20.Classes, ResNet20.Classes).ToArray();
        return scores[label] == scores.Max();
    }).Count();

    private static unsafe float[] Logits(ResNet20 model, IWeightValues weights, WindowSet images)
    {
        using var engine = new GraphEngine(model.Graph, weights, s_workers);
        using var head = new HeadPass(engine);
        engine.Forward(images, 0, null);
        var result = new List<float>();
        for (var b = 0; b < engine.BatchCount; b++)
        {
            var count = engine.BatchIds(b).Length;
            for (var t = 0; t < count; t += HeadPass.ChunkTokens)
            {
                var part = Math.Min(HeadPass.ChunkTokens, count - t);
                result.AddRange(new ReadOnlySpan<float>(head.Logits(engine.HeadInput(b) + ((nint)t * head.Width), part), part * ResNet20.Classes));
            }
        }

        return [.. result];
    }
}
