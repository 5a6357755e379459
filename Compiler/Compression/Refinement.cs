using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Calibration.Tuning;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// What <c>Effort="Best"</c> does once λ is about right: divides bits among kinds of matrix (<see cref="RoleAllocation"/>), then tunes norm gains on the quantised model
/// (<see cref="GainTuner"/>) where divergence is coarse enough for that to show. Either is kept only where windows that it did not look at say that it helps.
/// </summary>
internal sealed class Refinement : IDisposable
{
    /// <summary>Windows of calibration text on which divisions are compared.</summary>
    private const int Windows = 4;

    /// <summary>Whole models that the annealing may quantise and measure.</summary>
    private const int AnnealingEvaluations = 6;

    /// <summary>20 steps at this rate do what 40 at 3e-4 do where divergence is .1 or more; at 3e-3 it wanders. Below, what steps add at random weighs more, so they shrink with its root.</summary>
    private const int TuningSteps = 20;
    private const double TuningRate = 8e-4, FullRateFrom = 0.1;

    /// <summary>Divergence below which tuning is worth less than .01 bit a weight (docs/compression-ingredients.md) and is not done.</summary>
    private const double TuningFrom = 0.03;

    /// <summary>
    /// What tuning leaves of the divergence, about. λ is chosen for that before: gains make up for the very rounding that they were tuned on, and another λ is another rounding.
    /// </summary>
    private const double TunedPart = 0.95;

    /// <summary>λ stays where gains were tuned as long as their divergence is this near to what is wanted.</summary>
    private const double LeastNear = 0.9, MostNear = 1.02;

    private readonly Graph _graph;
    private readonly IWeightValues _weights;
    private readonly CalibrationWindows _windows;
    private readonly Candidate _candidate;
    private readonly HeldOutPacks _heldOut;
    private readonly IReadOnlySet<string> _vectors;
    private readonly Workers _workers;
    private readonly StageClock _clock;
    private readonly HeldOutEvaluation _compare;

    /// <param name="graph">The model's graph.</param>
    /// <param name="weights">Its own values.</param>
    /// <param name="windows">Windows of calibration text.</param>
    /// <param name="candidate">What is refined.</param>
    /// <param name="heldOut">Judges the tuning.</param>
    /// <param name="vectors">Names of the vectors that the pack has.</param>
    /// <param name="workers">Threads and cancellation.</param>
    /// <param name="clock">Told what is done.</param>
    public Refinement(
        Graph graph, IWeightValues weights, CalibrationWindows windows, Candidate candidate, HeldOutPacks heldOut, IReadOnlySet<string> vectors, Workers workers, StageClock clock)
    {
        (_graph, _weights, _windows, _candidate, _heldOut, _vectors, _workers, _clock) = (graph, weights, windows, candidate, heldOut, vectors, workers, clock);
        var count = Math.Min(Windows, windows.Calibration.Count);
        _compare = new(graph, weights, windows.Calibration.Range(windows.Calibration.Count - count, count), workers);
    }

    /// <summary>What was done, in words.</summary>
    public string? Summary { get; private set; }

    /// <summary>Refines the candidate around a point.</summary>
    /// <param name="found">Where λ is about right.</param>
    /// <param name="target">The divergence that is wanted; null: a budget decides.</param>
    /// <returns>The step at which to search on.</returns>
    public int Run(FrontPoint found, double? target)
    {
        var step = target is { } t ? RateSearch.Toward(t < TuningFrom ? t : t / TunedPart, found.Step, found.Divergence) : found.Step;
        _clock.Begin(Stage.Allocation);
        var inputs = Divide(step);
        var (replaced, windows, bits) = Quantized(inputs, step);
        if (!inputs.SequenceEqual(_candidate.Inputs))
        {
            // The best of several by four windows looks better than it is.
            var own = Quantized(_candidate.Inputs, step);
            var helps = EqualBits.IsBetter(windows, bits, own.Windows, own.Bits);
            Summary = string.Create(
                CultureInfo.InvariantCulture,
                $"{Summary}; on held-out text {own.Windows.Average():F4} at {own.Bits:F3} bits -> {windows.Average():F4} at {bits:F3}{(helps ? "" : ": not better by more than windows scatter, left out")}");
            if (!helps)
            {
                (inputs, (replaced, windows, bits)) = (_candidate.Inputs, own);
            }
        }

        var before = windows.Average();
        var (gains, after) = before < TuningFrom ? ([], before) : Tuned(replaced, before);
        _candidate.Refine(inputs, gains);
        var isNear = after >= LeastNear * target && after <= MostNear * target;
        return target is { } wanted && !(gains.Count > 0 && isNear) ? RateSearch.Toward(wanted, step, after) : step;
    }

    public void Dispose() => _compare.Dispose();

    private (Dictionary<string, IWeightRows> Rows, double[] Windows, double Bits) Quantized(MatrixInput[] inputs, int step)
    {
        var quantized = ModelQuantizer.Run(inputs, _candidate.OptionsAt(step), _ => { }, _workers.Cancellation);
        var rows = quantized.Rows();
        return (rows, _heldOut.DivergencesOf(new ReplacedWeights(_weights, rows)), quantized.BitsRest);
    }

    /// <summary>The matrices with a λ for each role.</summary>
    private MatrixInput[] Divide(int step)
    {
        var roles = LinearRoles.Of(_graph).ToDictionary(r => r.Key.Name, r => r.Value);
        var allocation = new RoleAllocation(
            _candidate.Inputs, roles, _candidate.OptionsAt(step), replaced => _compare.DivergenceOf(new ReplacedWeights(_weights, replaced)).Means(_compare.Windows), _workers.Cancellation);
        var (factors, counts) = allocation.Run(AnnealingEvaluations, _clock.Report);
        Summary = $"λ by role {string.Join(", ", factors.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key} {f.Value:F2} (alone {allocation.Sensitivities[f.Key]:F4})")))}; {counts}";
        return [.. _candidate.Inputs.Select(i => i with { LambdaFactor = factors[roles.GetValueOrDefault(i.Name, LinearRole.Other)] })];
    }

    /// <summary>Tunes norm gains.</summary>
    /// <param name="replaced">The quantised values; tuned gains are added.</param>
    /// <param name="before">Held-out divergence without.</param>
    /// <returns>Gains that help on held-out text, and its divergence with them.</returns>
    private (Dictionary<string, float[]> Gains, double Divergence) Tuned(Dictionary<string, IWeightRows> replaced, double before)
    {
        _clock.Begin(Stage.Tuning);
        var rate = TuningRate * Math.Sqrt(Math.Min(1, before / FullRateFrom));
        using var tuner = new GainTuner(_graph, _weights, new ReplacedWeights(_weights, replaced), _vectors, new HashSet<string>(), _workers) { Rate = rate };
        var gains = new Dictionary<string, float[]>(tuner.Run(_windows.Calibration, TuningSteps, _clock.Report).Gains);
        foreach (var (name, values) in gains)
        {
            replaced[name] = new FloatRows(values);
        }

        var after = _heldOut.DivergencesOf(new ReplacedWeights(_weights, replaced)).Average();
        Summary = string.Create(CultureInfo.InvariantCulture, $"{Summary}; tuning of {gains.Count} norm gains: {before:F4} -> {after:F4} on held-out text");
        return after < before ? (gains, after) : ([], before);
    }
}
