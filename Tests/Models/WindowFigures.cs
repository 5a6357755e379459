using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Cli;

namespace ModelPack.Tests.Models;

/// <summary>Mean negative log-likelihoods (nats per token) over the golden windows, and how far int8 activations are from float ones.</summary>
/// <param name="Float">Mean of each window with float activations.</param>
/// <param name="Int8">The same with int8 activations.</param>
/// <param name="Divergence">KL divergence float ‖ int8 and what goes with it, over all positions of all windows.</param>
internal sealed record WindowFigures(double[] Float, double[] Int8, Divergence Divergence)
{
    public static WindowFigures Measure(SmolLm2Fixture model)
    {
        var windows = model.Windows;
        using var floats = model.Compiled.CreateSession(model.Float);
        using var int8 = model.Compiled.CreateSession(model.Int8);
        var vocabulary = floats.VocabularySize;
        float[] expected = new float[256 * vocabulary], logits = new float[256 * vocabulary];
        var figures = new WindowFigures(new double[windows.Count], new double[windows.Count], new());
        for (var w = 0; w < windows.Count; w++)
        {
            var ids = windows[w].Ids;
            Assert.Equal(256, ids.Length);
            floats.Truncate(0);
            floats.EvaluateAll(ids, expected);
            int8.Truncate(0);
            int8.EvaluateAll(ids, logits);
            figures.Float[w] = MeanNll(ids, expected, vocabulary);
            figures.Int8[w] = MeanNll(ids, logits, vocabulary);
            for (var i = 0; i < ids.Length; i++)
            {
                figures.Divergence.Add(expected.AsSpan(i * vocabulary, vocabulary), logits.AsSpan(i * vocabulary, vocabulary), i + 1 < ids.Length ? ids[i + 1] : -1);
            }
        }

        return figures;
    }

    private static double MeanNll(int[] ids, float[] logits, int vocabulary)
    {
        double sum = 0;
        for (var i = 0; i + 1 < ids.Length; i++)
        {
            var row = logits.AsSpan(i * vocabulary, vocabulary);
            sum += Sampling.LogSumExp(row) - row[ids[i + 1]];
        }

        return sum / (ids.Length - 1);
    }
}
