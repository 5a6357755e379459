using System.Globalization;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// Recipe <c>DoubleCompression</c>: the paper's re-scaling and pruning, its strength searched until the measured divergence or the budget is met. One λ decides how coarse the steps are,
/// and with them how many weights are pruned to zero.
/// </summary>
internal sealed class DoubleCompressionRecipe
{
    /// <summary>λ · weights for a divergence of one nat, where the search begins: measured on 134.5 M weights.</summary>
    private const double LambdaPerDivergence = 1.45;

    /// <summary>An evaluation is a matter of seconds: no errors are passed on.</summary>
    private const int MaxEvaluations = 6;

    private readonly CompressionOptions _options;
    private readonly Trials _trials;
    private readonly StageClock _clock;
    private readonly ParallelOptions _parallel;
    private readonly MatrixInput[] _inputs;
    private readonly double _firstLambda;

    private DoubleCompressionRecipe(CompressionOptions options, CalibratedModel calibrated, Graph graph, Trials trials, StageClock clock, ParallelOptions parallel)
    {
        (_options, _trials, _clock, _parallel) = (options, trials, clock, parallel);
        _inputs = CalibrationStage.Inputs(graph, calibrated.Statistics);
        _firstLambda = LambdaPerDivergence * options.FirstDivergence / Math.Max(1, Weights);
    }

    private long Weights => _inputs.Sum(i => i.Weights);

    /// <param name="source">The model file.</param>
    /// <param name="options">Quality or budget.</param>
    /// <param name="assembly">Writes packs.</param>
    /// <param name="pack">Where the pack goes.</param>
    /// <param name="threads">Threads; the result does not depend on them.</param>
    /// <param name="clock">Told what is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ModelPackException">MP3009, MP3402 to MP3404.</exception>
    public static PackResult Run(ModelSource source, CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        var model = ArchitectureTable.Build(source);
        var workers = new Workers(threads, cancellation);
        var calibrated = CalibrationStage.Run(source, model, options, workers, clock);
        clock.Begin(Stage.Reference);
        using var heldOut = new HeldOutPacks(model.Graph, calibrated.Windows.HeldOut, workers);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        return new DoubleCompressionRecipe(options, calibrated, model.Graph, new(assembly, heldOut, pack, clock), clock, parallel).Run();
    }

    private PackResult Run() => _trials.Search(new(step => _trials.Evaluate(step, Pack), Weights, MaxEvaluations), _options, Pack).Result;

    private void Pack(int step)
    {
        _clock.Begin(Stage.Quantising);
        var recipe = new DoubleCompression(_firstLambda * RateStep.Factor(step));
        var matrices = new TiledMatrix[_inputs.Length];
        var sensitivities = new double[_inputs.Length];
        var done = 0;
        Parallel.For(0, _inputs.Length, _parallel, i =>
        {
            var input = _inputs[i];
            var values = input.Values();
            matrices[i] = recipe.Run(input.Name, values, input.Statistics);
            sensitivities[i] = DiagonalDivergence.Of(values, matrices[i], input.Statistics);
            lock (matrices)
            {
                _clock.Report((double)++done / _inputs.Length);
            }
        });
        var byName = Enumerable.Range(0, _inputs.Length).ToDictionary(i => _inputs[i].Name);
        _trials.Pack(
            step,
            weight => byName.TryGetValue(weight.Name, out var i) ? matrices[i] : null,
            string.Create(CultureInfo.InvariantCulture, $"re-scaled, {100.0 * matrices.Sum(Zeros) / Weights:F1}% of the weights zero"),
            tensor => byName.TryGetValue(tensor.Name, out var i) ? tensor with { Sensitivity = sensitivities[i] } : tensor,
            _inputs.SelectMany(i => i.Vectors).ToDictionary());
    }

    /// <summary>Codes that are zero, padding apart.</summary>
    private static long Zeros(TiledMatrix matrix) => matrix.Codes.LongLength - matrix.Codes.Count(k => k != 0) - ((((long)matrix.RowGroups * TiledMatrix.TileRows) - matrix.Rows) * matrix.Columns);
}
