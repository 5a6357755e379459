using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>A model quantised at some λ: what a search tries, and what <see cref="Refinement"/> refines.</summary>
/// <param name="inputs">All matrices.</param>
/// <param name="options">λ at step 0, and the rest.</param>
/// <param name="trials">Makes new trials: figures of one refinement do not count for another.</param>
/// <param name="clock">Told what is done.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class Candidate(MatrixInput[] inputs, QuantizerOptions options, Func<Trials> trials, StageClock clock, CancellationToken cancellation)
{
    private IReadOnlyDictionary<string, float[]> _vectors = new Dictionary<string, float[]>();

    /// <summary>All matrices, with their λ beside the model's.</summary>
    public MatrixInput[] Inputs { get; private set; } = inputs;

    /// <summary>What was tried since the last refinement.</summary>
    public Trials Trials { get; private set; } = trials();

    /// <summary>The quantiser's options with λ at a step.</summary>
    public QuantizerOptions OptionsAt(int step) => options with { Lambda = options.Lambda * RateStep.Factor(step) };

    /// <summary>From here on with other λ of matrices and other vectors.</summary>
    public void Refine(MatrixInput[] inputs, IReadOnlyDictionary<string, float[]> vectors) => (Inputs, _vectors, Trials) = (inputs, vectors, trials());

    /// <summary>Quantises, packs and measures.</summary>
    public FrontPoint Evaluate(int step) => Trials.Evaluate(step, Pack);

    /// <summary>Quantises and packs.</summary>
    public void Pack(int step)
    {
        clock.Begin(Stage.Quantising);
        var quantized = ModelQuantizer.Run(Inputs, OptionsAt(step), clock.Report, cancellation);
        var byName = quantized.Matrices.ToDictionary(m => m.Input.Name);
        var vectors = quantized.Vectors();
        foreach (var (name, values) in _vectors)
        {
            vectors[name] = values;
        }

        Trials.Pack(
            step,
            weight => byName.GetValueOrDefault(weight.Name)?.Matrix,
            string.Create(CultureInfo.InvariantCulture, $"{100 * quantized.EscapeRate:F3}% escapes"),
            tensor => byName.TryGetValue(tensor.Name, out var m)
                ? tensor with { Sensitivity = m.Figures.ExpectedDivergence, Escapes = (double)m.Figures.Escapes / m.Input.Weights }
                : tensor,
            vectors);
    }
}
