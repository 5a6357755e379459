using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Execution;

namespace ModelPack.Compiler.Compression;

/// <summary>A model quantised at some λ, packed, and the pack measured on held-out windows as an application runs it.</summary>
/// <param name="inputs">All matrices.</param>
/// <param name="options">λ at step 0, and the rest.</param>
/// <param name="assembly">Writes packs.</param>
/// <param name="heldOut">Measures them; disposed of with this object.</param>
/// <param name="stages">Told where time goes.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class Candidate(MatrixInput[] inputs, QuantizerOptions options, PackAssembly assembly, HeldOutEvaluation heldOut, StageClock stages, CancellationToken cancellation) : IDisposable
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
    public FrontPoint Evaluate(int step, Stream pack, Action<double> progress)
    {
        var quantized = ModelQuantizer.Run(Inputs, OptionsAt(step), part => progress(0.8 * part), cancellation);
        stages.Spend("quantising");
        var matrices = quantized.Matrices.ToDictionary(m => m.Input.Name, m => m.Matrix);
        Last = step;
        var result = assembly.Write(pack, weight => matrices.GetValueOrDefault(weight.Name), Vectors, "", part => progress(0.8 + (0.1 * part)));
        stages.Spend("packing");
        var divergence = Measure(pack, result);
        stages.Spend("measuring");
        progress(1);
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

    /// <summary>The pack in memory, run as an application runs it.</summary>
    private unsafe Divergence Measure(Stream pack, PackResult result)
    {
        using var bytes = new NativeBuffer(pack.Length);
        pack.Position = 0;
        for (long at = 0; at < pack.Length;)
        {
            var part = new Span<byte>(bytes.Pointer + at, (int)Math.Min(1 << 24, pack.Length - at));
            pack.ReadExactly(part);
            at += part.Length;
        }

        using var model = LoadedModel.Open(
            bytes.Pointer, pack.Length, "pack", result.Plan.PackHash, InterpretedModel.ShapeOf(result.Plan.Shape.Sizes), new() { Threads = options.Threads }, mapping: null);
        using var session = model.CreateSession(new PlanInterpreter(result.Plan, model.Weights));
        return heldOut.DivergenceOf(session);
    }
}
