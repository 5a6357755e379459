using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// The calibrated recipe: statistics of the model on a text, rate-distortion quantisation at some λ, the pack measured as an application runs it on windows that
/// calibration did not see; λ is searched until quality or budget is met. <c>Effort="Best"</c> looks at more text, divides bits among kinds of matrix by what they cost in divergence, and tunes norm gains.
/// </summary>
internal sealed class CalibratedCompression : IDisposable
{
    /// <summary>λ · weights for a divergence of one nat: .95e-9 gave .066 on 134.5 M weights, and both are proportional.</summary>
    private const double LambdaPerDivergence = 1.93;

    /// <summary>Quantisations to find λ, with <c>Best</c> and else; further ones where a quality has not been kept to by then; and those before refining.</summary>
    private const int BestEvaluations = 5, Evaluations = 3, FurtherEvaluations = 3, RoughEvaluations = 2;

    private readonly CompressionOptions _options;
    private readonly HeldOutPacks _heldOut;
    private readonly Candidate _candidate;
    private readonly Refinement? _refinement;
    private readonly long _weights;

    /// <exception cref="ModelPackException">MP3401 to MP3404.</exception>
    public CalibratedCompression(ModelSource source, CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        _options = options;
        var model = ArchitectureTable.Build(source);
        var workers = new Workers(threads, cancellation);
        clock.Expect(StageExpectations.Calibrated(options.Effort, model.Graph.Weights.Sum(w => (long)w.Rows * w.Columns), RoughEvaluations, Finding));
        var calibrated = CalibrationStage.Run(source, model, options, workers, clock);
        clock.Begin(Stage.Reference);
        var inputs = CalibrationStage.Inputs(model.Graph, calibrated.Statistics);
        _weights = inputs.Sum(i => i.Weights);
        // A trellis saves .13 to .19 bit at equal divergence, scalar codes take less arithmetic a weight.
        var quantizer = new QuantizerOptions(LambdaPerDivergence * options.FirstDivergence / Math.Max(1, _weights), options.Optimize == Optimize.Speed ? 1 : 8) { Threads = threads };
        _heldOut = new(model.Graph, calibrated.Windows.HeldOut, workers);
        _candidate = new(inputs, quantizer, () => new(assembly, _heldOut, pack, clock), clock, cancellation);
        _refinement = options.Effort == Effort.Best
            ? new(model.Graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), calibrated.Windows, _candidate, _heldOut, assembly.Vectors, workers, clock)
            : null;
    }

    private int Finding => _options.Effort == Effort.Best ? BestEvaluations : Evaluations;

    /// <summary>Quantises, packs and measures until the model is what was asked for; the pack is then the chosen one.</summary>
    /// <exception cref="ModelPackException">MP3009: neither quality nor budget can be kept to.</exception>
    public PackResult Run()
    {
        IReadOnlyList<ReportPoint> rough = [];
        var start = 0;
        if (_refinement is not null)
        {
            var search = new RateSearch(_candidate.Evaluate, _weights, RoughEvaluations);
            var found = search.For(_options) ?? search.Points[^1];
            rough = [.. search.Points.Select((p, i) => new ReportPoint($"before refinement, evaluation {i + 1}", p.BitsRest, p.Divergence, false))];
            start = _refinement.Run(found, _options.Quality.IsSource ? null : _options.Quality.Divergence);
        }

        var result = _candidate.Trials.Search(new(_candidate.Evaluate, _weights, Finding, start) { Further = FurtherEvaluations }, _options, _candidate.Pack);
        return result with { Front = [.. rough, .. result.Front], Refinement = _refinement?.Summary };
    }

    public void Dispose()
    {
        _refinement?.Dispose();
        _heldOut.Dispose();
    }
}
