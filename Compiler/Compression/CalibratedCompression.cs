using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;
using ModelPack.Execution;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// The calibrated recipe: statistics of the model on a text, rate-distortion quantisation at some λ, the pack measured as an application runs it on windows that
/// calibration did not see; λ is searched until quality or budget is met.
/// </summary>
internal sealed class CalibratedCompression : IDisposable
{
    /// <summary>λ · weights for a divergence of one nat: .95e-9 gave .066 on 134.5 M weights, and both are proportional.</summary>
    private const double LambdaPerDivergence = 1.93;

    /// <summary>Where a budget alone decides, the search begins here.</summary>
    private const double FirstDivergence = 0.05;

    private readonly CompressionOptions _options;
    private readonly PackAssembly _assembly;
    private readonly int _threads;
    private readonly StageClock _clock;
    private readonly CancellationToken _cancellation;
    private readonly MatrixInput[] _inputs;
    private readonly HeldOutEvaluation _heldOut;
    private readonly double _firstLambda;
    private readonly Dictionary<int, PackResult> _results = [];

    /// <exception cref="ModelPackException">MP3401 to MP3404.</exception>
    public CalibratedCompression(ModelSource source, CompressionOptions options, PackAssembly assembly, int threads, StageClock clock, CancellationToken cancellation)
    {
        (_options, _assembly, _threads, _clock, _cancellation) = (options, assembly, threads, clock, cancellation);
        clock.Begin(Stage.Statistics);
        var model = ArchitectureTable.Build(source);
        var workers = new Workers(threads, cancellation);
        var calibrated = CalibratedModel.Of(
            source,
            model,
            CalibrationTexts.Read(options.Calibration),
            options.Effort == Effort.Best ? CalibrationOptions.Best : CalibrationOptions.Normal,
            workers,
            options.StatisticsFolder is { } folder ? new(folder) : null,
            clock.Report);
        if (calibrated.FromCache)
        {
            clock.Rename("statistics, from the cache");
        }

        clock.Begin(Stage.Reference);
        _heldOut = new(model.Graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), calibrated.Windows.HeldOut, workers);
        var vocabulary = Vocabulary(model.Graph);
        _inputs = [.. model.Graph.Weights
            .Where(w => w is { IsVector: false, Source: not null } && calibrated.Statistics.ContainsKey(w.Name))
            .Select(w => new MatrixInput(w.Name, w.ReadFloats, calibrated.Statistics[w.Name], vocabulary.Contains(w.Name) ? MatrixKind.Vocabulary : MatrixKind.Linear))];
        var target = options.Quality.IsSource ? FirstDivergence : options.Quality.Divergence;
        _firstLambda = LambdaPerDivergence * target / Math.Max(1, _inputs.Sum(i => i.Weights));
    }

    /// <summary>Quantises, packs and measures until the model is what was asked for; the pack is then the chosen one.</summary>
    /// <exception cref="ModelPackException">MP3009: the budget cannot be met.</exception>
    public PackResult Run(Stream pack)
    {
        var last = int.MinValue;
        var search = new RateSearch(
            step =>
            {
                last = step;
                return Evaluate(step, pack);
            },
            _inputs.Sum(i => i.Weights),
            _options.Effort == Effort.Best ? 5 : 3);
        var chosen = _options.Quality.IsSource ? search.ForBudget(_options) : search.ForDivergence(_options.Quality.Divergence);
        if (chosen is null || !Budget.IsMet(_options, _results[chosen.Step]))
        {
            throw Budget.Unreachable(_options, _results.Values.MinBy(r => r.BytesOut)!);
        }

        if (last != chosen.Step)
        {
            Evaluate(chosen.Step, pack);
        }

        return _results[chosen.Step] with
        {
            Front = [.. search.Points.Select((p, i) => new ReportPoint($"evaluation {i + 1}", p.BitsRest, p.Divergence, p.Step == chosen.Step))],
        };
    }

    public void Dispose() => _heldOut.Dispose();

    private FrontPoint Evaluate(int step, Stream pack)
    {
        _clock.Begin(Stage.Quantising);
        // A trellis saves .13 to .19 bit at equal divergence, scalar codes take less arithmetic a weight.
        var states = _options.Optimize == Optimize.Speed ? 1 : 8;
        var quantized = ModelQuantizer.Run(_inputs, new(_firstLambda * RateStep.Factor(step), states) { Threads = _threads }, _clock.Report, _cancellation);
        var matrices = quantized.Matrices.ToDictionary(m => m.Input.Name, m => m.Matrix);
        _clock.Begin(Stage.Packing);
        var result = _assembly.Write(pack, weight => matrices.GetValueOrDefault(weight.Name), "", _clock.Report);
        _clock.Begin(Stage.Measuring);
        var divergence = Measure(pack, result);
        var figures = quantized.Matrices.ToDictionary(m => m.Input.Name, m => (m.Figures, m.Input.Weights));
        _results[step] = result with
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
        return new(step, divergence.Mean, result.BitsRest, result.BytesOut, result.ResidentBytes);
    }

    /// <summary>The pack in memory, run as an application runs it.</summary>
    private Divergence Measure(Stream pack, PackResult result)
    {
        using var running = new PackInMemory(pack, result.Plan, new() { Threads = _threads });
        return _heldOut.DivergenceOf(running.Session);
    }

    /// <summary>Names of the matrices with a row for each token: looked up, or giving the graph's results.</summary>
    private static HashSet<string> Vocabulary(Graph graph)
    {
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        return [.. graph.Nodes.Where(n => n.Op is EmbeddingOp || n.Outputs.Any(o => results.Contains(o.Id))).SelectMany(n => n.Op.Weights).Select(w => w.Name)];
    }
}
