using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>A model quantised at some λ, packed, and the pack measured on held-out windows as an application runs it.</summary>
/// <param name="inputs">All matrices.</param>
/// <param name="options">λ at step 0, and the rest.</param>
/// <param name="assembly">Writes packs.</param>
/// <param name="heldOut">Measures them; disposed of with this object.</param>
/// <param name="clock">Told what is done.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class Candidate(MatrixInput[] inputs, QuantizerOptions options, PackAssembly assembly, HeldOutEvaluation heldOut, StageClock clock, CancellationToken cancellation) : IDisposable
{
    private readonly Dictionary<int, PackResult> _results = [];

    public IReadOnlyDictionary<int, PackResult> Results => _results;

    /// <summary>The step that was evaluated last, whose pack the stream holds.</summary>
    public int Last { get; private set; } = int.MinValue;

    /// <summary>All matrices; λ factors among them may be replaced, results so far are then dropped.</summary>
    public MatrixInput[] Inputs { get; private set; } = inputs;

    /// <summary>Vectors that are not the file's, by name.</summary>
    public IReadOnlyDictionary<string, float[]> Vectors { get; private set; } = new Dictionary<string, float[]>();

    public HeldOutEvaluation HeldOut => heldOut;

    /// <summary>The quantiser's options with λ at a step.</summary>
    public QuantizerOptions OptionsAt(int step) => options with { Lambda = options.Lambda * RateStep.Factor(step) };

    /// <summary>From here on with other matrices' λ and other vectors.</summary>
    public void Refine(MatrixInput[] inputs, IReadOnlyDictionary<string, float[]> vectors)
    {
        (Inputs, Vectors) = (inputs, vectors);
        _results.Clear();
        Last = int.MinValue;
    }

    /// <summary>Quantises, packs and measures.</summary>
    public FrontPoint Evaluate(int step, Stream pack)
    {
        clock.Begin(Stage.Quantising);
        var quantized = ModelQuantizer.Run(Inputs, OptionsAt(step), clock.Report, cancellation);
        var matrices = quantized.Matrices.ToDictionary(m => m.Input.Name, m => m.Matrix);
        Last = step;
        clock.Begin(Stage.Packing);
        var result = assembly.Write(pack, weight => matrices.GetValueOrDefault(weight.Name), Vectors, "", clock.Report);
        clock.Begin(Stage.Measuring);
        var divergence = Measure(pack, result);
        _results[step] = Describe(result, quantized, divergence);
        return new(step, divergence.Mean, result.BitsRest, result.BytesOut, result.ResidentBytes);
    }

    public void Dispose() => heldOut.Dispose();

    private static PackResult Describe(PackResult result, QuantizedModel quantized, Divergence divergence)
    {
        var figures = quantized.Matrices.ToDictionary(m => m.Input.Name, m => (m.Figures, m.Input.Weights));
        return result with
        {
            Divergence = divergence.Mean,
            Quality = new(divergence.Mean, divergence.Percentile(0.99), divergence.Top1, divergence.Perplexity, divergence.ReferencePerplexity, CalibratedModel.HeldOutWindows),
            Tensors = [.. result.Tensors.Select(t => figures.TryGetValue(t.Name, out var f)
                ? t with { Sensitivity = f.Figures.ExpectedDivergence, Escapes = (double)f.Figures.Escapes / f.Weights }
                : t)],
            How = string.Create(
                CultureInfo.InvariantCulture,
                $"KL divergence {divergence.Mean:F4} and top-1 agreement {100 * divergence.Top1:F1}% on held-out calibration text, {100 * quantized.EscapeRate:F3}% escapes"),
        };
    }

    private Divergence Measure(Stream pack, PackResult result)
    {
        using var running = new PackInMemory(pack, result.Plan, new() { Threads = options.Threads });
        return heldOut.DivergenceOf(running.Session);
    }
}
