using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
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

    /// <summary>A trellis saves .13 to .19 bit at equal divergence, scalar codes take less arithmetic a weight.</summary>
    private const int ScalarStates = 1, TrellisStates = 8;

    /// <summary>A decode speed decides how good a model can be where less than this part of it is to spare.</summary>
    private const double SpeedToSpare = 0.1;

    private readonly CompressionOptions _options;
    private readonly PackAssembly _assembly;
    private readonly Stream _pack;
    private readonly int _threads;
    private readonly StageClock _clock;
    private readonly CancellationToken _cancellation;
    private readonly ModelGraph _model;
    private readonly Workers _workers;
    private readonly CalibratedModel _calibrated;
    private readonly MatrixInput[] _inputs;
    private readonly HeldOutPacks _heldOut;
    private readonly long _weights;

    /// <exception cref="ModelPackException">MP3401 to MP3404.</exception>
    public CalibratedCompression(ModelSource source, CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        (_options, _assembly, _pack, _threads, _clock, _cancellation) = (options, assembly, pack, threads, clock, cancellation);
        _model = ArchitectureTable.Build(source);
        _workers = new(threads, cancellation);
        clock.Expect(StageExpectations.Calibrated(options.Effort, _model.Graph.Weights.Sum(w => (long)w.Rows * w.Columns), RoughEvaluations, Finding * (TriesBoth ? 2 : 1)));
        _calibrated = CalibrationStage.Run(source, _model, options, _workers, clock);
        clock.Begin(Stage.Reference);
        _inputs = CalibrationStage.Inputs(_model.Graph, _calibrated.Statistics);
        _weights = _inputs.Sum(i => i.Weights);
        _heldOut = new(_model.Graph, _calibrated.Windows.HeldOut, _workers);
    }

    /// <summary>Whether trellis codes and scalar ones may both be tried.</summary>
    private bool TriesBoth => _options.Optimize == Optimize.Size && _options.DecodeSpeed is not null;

    private int Finding => _options.Effort == Effort.Best ? BestEvaluations : Evaluations;

    /// <summary>
    /// Quantises, packs and measures until the model is what was asked for; the pack is then the chosen one. Where trellis codes are too slow for a decode speed, or could only be so with few bits,
    /// scalar ones are tried as well: more of them are read in the same time, which may be the better model.
    /// </summary>
    /// <exception cref="ModelPackException">MP3009: neither quality nor budget can be kept to.</exception>
    public PackResult Run()
    {
        if (!TriesBoth)
        {
            return Run(_options.Optimize == Optimize.Speed ? ScalarStates : TrellisStates).Result;
        }

        if (TryRun(TrellisStates) is not { } small)
        {
            // What scalar codes cannot keep to either is the error.
            return Run(ScalarStates).Result;
        }

        if (!_options.Quality.IsSource || small.Result.DecodeSpeed > (1 + SpeedToSpare) * _options.DecodeSpeed)
        {
            return small.Result;
        }

        if (TryRun(ScalarStates) is { } fast && fast.Result.Divergence < small.Result.Divergence)
        {
            return fast.Result;
        }

        small.PackAgain();
        return small.Result;
    }

    public void Dispose() => _heldOut.Dispose();

    /// <summary>The model with codes of one kind; null where these cannot keep to what was asked for.</summary>
    private (PackResult Result, Action PackAgain)? TryRun(int states)
    {
        try
        {
            return Run(states);
        }
        catch (ModelPackException e) when (e.Code == CompilerCodes.BudgetUnreachable)
        {
            return null;
        }
    }

    /// <summary>The model with codes of one kind, and what makes its pack again where another was made since.</summary>
    /// <exception cref="ModelPackException">MP3009.</exception>
    private (PackResult Result, Action PackAgain) Run(int states)
    {
        var quantizer = new QuantizerOptions(LambdaPerDivergence * _options.FirstDivergence / Math.Max(1, _weights), states) { Threads = _threads };
        var candidate = new Candidate(_inputs, quantizer, () => new(_assembly, _heldOut, _pack, _clock), _clock, _cancellation);
        IReadOnlyList<ReportPoint> rough = [];
        var start = 0;
        string? summary = null;
        if (_options.Effort == Effort.Best)
        {
            using var refinement = new Refinement(
                _model.Graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), _calibrated.Windows, candidate, _heldOut, _assembly.Vectors, _workers, _clock);
            var search = new RateSearch(candidate.Evaluate, _weights, RoughEvaluations);
            var found = search.For(_options) ?? search.Points[^1];
            rough = [.. search.Points.Select((p, i) => new ReportPoint($"before refinement, evaluation {i + 1}", p.BitsRest, p.Divergence, false))];
            start = refinement.Run(found, _options.Quality.IsSource ? null : _options.Quality.Divergence);
            summary = refinement.Summary;
        }

        var (step, result) = candidate.Trials.Search(new(candidate.Evaluate, _weights, Finding, start) { Further = FurtherEvaluations }, _options, candidate.Pack);
        return (result with { Front = [.. rough, .. result.Front], Refinement = summary }, () => candidate.Pack(step));
    }
}
