using System.Globalization;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Report;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Compression;

/// <summary>Measures packs as an application runs them, beside the original in f32, on windows that no calibration saw.</summary>
internal sealed class HeldOutPacks : IDisposable
{
    private readonly HeldOutEvaluation _evaluation;
    private readonly int _threads;

    /// <param name="graph">The model's graph.</param>
    /// <param name="windows">Windows held out.</param>
    /// <param name="workers">Threads and cancellation.</param>
    public HeldOutPacks(Graph graph, WindowSet windows, Workers workers)
    {
        _threads = workers.Threads;
        _evaluation = new(graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), windows, workers);
    }

    /// <summary>The pack's figures with what it lost.</summary>
    /// <param name="pack">The whole pack.</param>
    /// <param name="result">Its figures so far.</param>
    /// <param name="how">How it was made, in words.</param>
    public PackResult Measured(Stream pack, PackResult result, string how)
    {
        using var running = new PackInMemory(pack, result.Plan, new() { Threads = _threads });
        var d = _evaluation.DivergenceOf(running.Session);
        return result with
        {
            Divergence = d.Mean,
            Quality = new(d.Mean, d.Percentile(0.99), d.Top1, d.Perplexity, d.ReferencePerplexity, CalibratedModel.HeldOutWindows),
            How = string.Create(CultureInfo.InvariantCulture, $"{how}, KL divergence {d.Mean:F4} and top-1 agreement {100 * d.Top1:F1}% on held-out calibration text"),
        };
    }

    /// <summary>The divergence of other weights, with float activations: of each window.</summary>
    public double[] DivergencesOf(IWeightValues weights) => _evaluation.DivergenceOf(weights).Means(_evaluation.Windows);

    public void Dispose() => _evaluation.Dispose();
}
