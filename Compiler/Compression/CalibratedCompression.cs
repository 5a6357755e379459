using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
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

    /// <summary>Where a budget alone decides, the search begins here.</summary>
    private const double FirstDivergence = 0.05;

    /// <summary>Quantisations to find λ, and before refining.</summary>
    private const int Evaluations = 3, RoughEvaluations = 2;

    private readonly CompressionOptions _options;
    private readonly CalibratedModel _calibrated;
    private readonly Candidate _candidate;
    private readonly Refinement? _refinement;
    private readonly long _weights;

    /// <exception cref="ModelPackException">MP3401 to MP3404.</exception>
    public CalibratedCompression(ModelSource source, CompressionOptions options, PackAssembly assembly, int threads, StageClock clock, CancellationToken cancellation)
    {
        _options = options;
        clock.Begin(Stage.Statistics);
        var model = ArchitectureTable.Build(source);
        var workers = new Workers(threads, cancellation);
        var best = options.Effort == Effort.Best;
        _calibrated = CalibratedModel.Of(
            source,
            model,
            CalibrationTexts.Read(options.Calibration),
            best ? CalibrationOptions.Best : CalibrationOptions.Normal,
            workers,
            options.StatisticsFolder is { } folder ? new(folder) : null,
            clock.Report);
        if (_calibrated.FromCache)
        {
            clock.Rename("statistics, from the cache");
        }

        clock.Begin(Stage.Reference);
        var inputs = Inputs(model.Graph, _calibrated);
        _weights = inputs.Sum(i => i.Weights);
        // A trellis saves .13 to .19 bit at equal divergence, scalar codes take less arithmetic a weight.
        var quantizer = new QuantizerOptions(FirstLambda, options.Optimize == Optimize.Speed ? 1 : 8) { Threads = threads };
        var weights = new SourceWeights(KernelSets.Resolve(KernelSet.Auto));
        _candidate = new(inputs, quantizer, assembly, new HeldOutEvaluation(model.Graph, weights, _calibrated.Windows.HeldOut, workers), clock, cancellation);
        _refinement = best ? new(model.Graph, weights, _calibrated.Windows, _candidate, assembly.Vectors, workers, clock) : null;
    }

    private double FirstLambda => LambdaPerDivergence * Target / Math.Max(1, _weights);

    private double Target => _options.Quality.IsSource ? FirstDivergence : _options.Quality.Divergence;

    /// <summary>The matrices of a graph that have statistics.</summary>
    public static MatrixInput[] Inputs(Graph graph, CalibratedModel calibrated)
    {
        var vocabulary = Vocabulary(graph);
        return [.. graph.Weights
            .Where(w => w is { IsVector: false, Source: not null } && calibrated.Statistics.ContainsKey(w.Name))
            .Select(w => new MatrixInput(w.Name, w.ReadFloats, calibrated.Statistics[w.Name], vocabulary.Contains(w.Name) ? MatrixKind.Vocabulary : MatrixKind.Linear))];
    }

    /// <summary>Quantises, packs and measures until the model is what was asked for; the pack is then the chosen one.</summary>
    /// <exception cref="ModelPackException">MP3009: the budget cannot be met.</exception>
    public PackResult Run(Stream pack)
    {
        var front = new List<ReportPoint>();
        var start = 0;
        if (_refinement is not null)
        {
            var rough = new RateSearch(step => _candidate.Evaluate(step, pack), _weights, RoughEvaluations);
            var found = Search(rough) ?? rough.Points[^1];
            front.AddRange(rough.Points.Select((p, i) => new ReportPoint($"evaluation {i + 1}", p.BitsRest, p.Divergence, false)));
            start = _refinement.Run(found, _options.Quality.IsSource ? null : Target);
        }

        var search = new RateSearch(step => _candidate.Evaluate(step, pack), _weights, Evaluations, start);
        var chosen = Search(search);
        if (chosen is null || !Budget.IsMet(_options, _candidate.Results[chosen.Step]))
        {
            throw Budget.Unreachable(_options, _candidate.Results.Values.MinBy(r => r.BytesOut)!);
        }

        if (_candidate.Last != chosen.Step)
        {
            _candidate.Evaluate(chosen.Step, pack);
        }

        front.AddRange(search.Points.Select((p, i) => new ReportPoint(_refinement is null ? $"evaluation {i + 1}" : $"refined, evaluation {i + 1}", p.BitsRest, p.Divergence, p.Step == chosen.Step)));
        return _candidate.Results[chosen.Step] with { Front = front, Annealing = _refinement?.Summary };
    }

    public void Dispose()
    {
        _refinement?.Dispose();
        _candidate.Dispose();
    }

    private FrontPoint? Search(RateSearch search) => _options.Quality.IsSource ? search.ForBudget(_options) : search.ForDivergence(_options.Quality.Divergence);

    /// <summary>Names of the matrices with a row for each token: looked up, or giving the graph's results.</summary>
    private static HashSet<string> Vocabulary(Graph graph)
    {
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        return [.. graph.Nodes.Where(n => n.Op is EmbeddingOp || n.Outputs.Any(o => results.Contains(o.Id))).SelectMany(n => n.Op.Weights).Select(w => w.Name)];
    }
}
