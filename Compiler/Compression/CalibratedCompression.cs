using System.Diagnostics;
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
    private readonly CancellationToken _cancellation;
    private readonly MatrixInput[] _inputs;
    private readonly HeldOutEvaluation _heldOut;
    private readonly double _firstLambda;
    private readonly Dictionary<int, PackResult> _results = [];
    private readonly SortedDictionary<int, (string Stage, double Seconds)> _stages = [];

    /// <exception cref="ModelPackException">MP3401 to MP3404.</exception>
    public CalibratedCompression(ModelSource source, CompressionOptions options, PackAssembly assembly, int threads, Action<double> progress, CancellationToken cancellation)
    {
        (_options, _assembly, _threads, _cancellation) = (options, assembly, threads, cancellation);
        var clock = Stopwatch.StartNew();
        var model = ArchitectureTable.Build(source);
        var workers = new Workers(threads, cancellation);
        var calibrated = CalibratedModel.Of(
            source,
            model,
            CalibrationTexts.Read(options.Calibration),
            options.Effort == Effort.Best ? CalibrationOptions.Best : CalibrationOptions.Normal,
            workers,
            options.StatisticsFolder is { } folder ? new(folder) : null,
            progress);
        _heldOut = new(model.Graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), calibrated.Windows.HeldOut, workers);
        Spend(0, calibrated.FromCache ? "statistics, from the cache" : "statistics", clock);
        _inputs = Inputs(model.Graph, calibrated);
        var target = options.Quality.IsSource ? FirstDivergence : options.Quality.Divergence;
        _firstLambda = LambdaPerDivergence * target / Math.Max(1, _inputs.Sum(i => i.Weights));
    }

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
    public PackResult Run(Stream pack, Action<double> progress)
    {
        var last = int.MinValue;
        var search = new RateSearch(
            step =>
            {
                last = step;
                return Evaluate(step, pack, progress);
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
            Evaluate(chosen.Step, pack, progress);
        }

        return _results[chosen.Step] with
        {
            Front = [.. search.Points.Select((p, i) => new ReportPoint($"evaluation {i + 1}", p.BitsRest, p.Divergence, p.Step == chosen.Step))],
            Stages = [.. _stages.Values.Select(s => KeyValuePair.Create(s.Stage, s.Seconds))],
        };
    }

    /// <summary>Adds the time since the clock was last looked at to a stage.</summary>
    private void Spend(int order, string stage, Stopwatch clock)
    {
        _stages[order] = (stage, _stages.GetValueOrDefault(order).Seconds + clock.Elapsed.TotalSeconds);
        clock.Restart();
    }

    public void Dispose() => _heldOut.Dispose();

    private FrontPoint Evaluate(int step, Stream pack, Action<double> progress)
    {
        var clock = Stopwatch.StartNew();
        // A trellis saves .13 to .19 bit at equal divergence, scalar codes take less arithmetic a weight.
        var states = _options.Optimize == Optimize.Speed ? 1 : 8;
        var quantized = ModelQuantizer.Run(_inputs, new(_firstLambda * RateStep.Factor(step), states) { Threads = _threads }, part => progress(0.8 * part), _cancellation);
        Spend(1, "quantising", clock);
        var matrices = quantized.Matrices.ToDictionary(m => m.Input.Name, m => m.Matrix);
        var result = _assembly.Write(pack, weight => matrices.GetValueOrDefault(weight.Name), "", part => progress(0.8 + (0.1 * part)));
        Spend(2, "packing", clock);
        var divergence = Measure(pack, result);
        Spend(3, "measuring", clock);
        var figures = quantized.Matrices.ToDictionary(m => m.Input.Name, m => (m.Figures, m.Input.Weights));
        progress(1);
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
            bytes.Pointer, pack.Length, "pack", result.Plan.PackHash, InterpretedModel.ShapeOf(result.Plan.Shape.Sizes), new() { Threads = _threads }, mapping: null);
        using var session = model.CreateSession(new PlanInterpreter(result.Plan, model.Weights));
        return _heldOut.DivergenceOf(session);
    }

    /// <summary>Names of the matrices with a row for each token: looked up, or giving the graph's results.</summary>
    private static HashSet<string> Vocabulary(Graph graph)
    {
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        return [.. graph.Nodes.Where(n => n.Op is EmbeddingOp || n.Outputs.Any(o => results.Contains(o.Id))).SelectMany(n => n.Op.Weights).Select(w => w.Name)];
    }
}
