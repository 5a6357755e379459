using System.Diagnostics;
using ModelPack.Compiler;
using ModelPack.Compiler.Allocation;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Calibration.Tuning;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;
using ModelPack.Kernels;

namespace ModelPack.Bench;

/// <summary>A model with its statistics and a text to be measured on: what an ingredient of the recipe is worth.</summary>
internal sealed class Experiment : IDisposable
{
    private const int Window = 512;

    private readonly ModelSource _source;
    private readonly Graph _graph;
    private readonly Workers _workers;
    private readonly SourceWeights _weights = new(KernelSets.Resolve(KernelSet.Auto));
    private readonly MatrixInput[] _inputs;
    private readonly HeldOutEvaluation _test;
    private readonly WindowSet _windows;

    public Experiment(string path, IReadOnlyList<string> calibration, string text, int windows, bool best, string cache)
    {
        _source = ModelSource.Open(path);
        _graph = ArchitectureTable.Build(_source).Graph;
        _workers = new(Environment.ProcessorCount, CancellationToken.None);
        var model = CalibratedModel.Of(
            _source, ArchitectureTable.Build(_source), CalibrationTexts.Read(calibration), best ? CalibrationOptions.Best : CalibrationOptions.Normal, _workers, new(cache), _ => { });
        _inputs = CalibrationStage.Inputs(_graph, model.Statistics);
        _windows = model.Windows.Calibration;
        using var tokenizer = new ModelTokenizer(_source);
        var ids = tokenizer.Encode(File.ReadAllText(text));
        _test = new(_graph, _weights, First(ids, windows), _workers);
    }

    public void Run(Variant variant)
    {
        var clock = Stopwatch.StartNew();
        QuantizedModel? quantized = null;
        for (var pass = 0; pass < variant.Passes; pass++)
        {
            quantized = ModelQuantizer.Run(_inputs, variant.Options(quantized?.Tables), _ => { }, CancellationToken.None);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var (codes, side) = Coded(quantized!);
        var replaced = quantized!.Rows();
        if (variant.Tuning > 0)
        {
            Tune(replaced, variant);
        }

        var divergence = _test.DivergenceOf(new ReplacedWeights(_weights, replaced));
        Console.WriteLine(
            $"{variant.Name,-50} rest {quantized.BitsRest:F3} (coded {8 * (codes + side) / quantized.Weights:F3} = {codes / 1e6:F2} + {side / 1e6:F2} MB)  resident {quantized.BitsResident:F3}  escapes {100 * quantized.EscapeRate:F3}%  KLD {divergence.Mean:F4}  top-1 {100 * divergence.Top1:F1}  [{seconds:F0} s quantising, {clock.Elapsed.TotalSeconds:F0} in all]");
        foreach (var kind in quantized.Matrices.GroupBy(m => m.Input.Kind))
        {
            var weights = (double)kind.Sum(m => m.Input.Weights);
            Console.WriteLine($"    {kind.Key}: codes {kind.Sum(m => m.Figures.CodeBits) / weights:F3}, side {kind.Sum(m => m.Figures.SideBits) / weights:F4}, resident {kind.Sum(m => m.Figures.TileBits) / weights:F3}, expected {kind.Sum(m => m.Figures.ExpectedDivergence):F4}");
        }

        Console.WriteLine("    of all tiles, escapes in them: " + string.Join(", ", Tiles(quantized)));
    }

    /// <summary>By width: part of the tiles, part of their codes that they do not hold.</summary>
    private static IEnumerable<string> Tiles(QuantizedModel quantized)
    {
        var widths = quantized.Matrices.SelectMany(m => TileFigures.EscapesByTile(m.Matrix).Zip(m.Matrix.Widths)).ToLookup(t => t.Second, t => t.First);
        double tiles = widths.Sum(w => w.LongCount());
        return widths.OrderBy(w => w.Key).Select(w => $"{w.Key} bits {100 * w.Count() / tiles:F1}% {100 * w.Average() / TiledMatrix.TileRows / TiledMatrix.TileColumns:F3}%");
    }

    /// <summary>Divides bits among roles as <c>Effort="Best"</c> does, with pruning and without: how many models were quantised and measured, and what was found.</summary>
    public void Anneal(Variant variant, int evaluations)
    {
        var roles = LinearRoles.Of(_graph).ToDictionary(r => r.Key.Name, r => r.Value);
        using var compare = new HeldOutEvaluation(_graph, _weights, _windows.Range(_windows.Count - 4, 4), _workers);
        foreach (var prunes in (bool[])[true, false])
        {
            var clock = Stopwatch.StartNew();
            var allocation = new RoleAllocation(
                _inputs, roles, variant.Options(null), replaced => compare.DivergenceOf(new ReplacedWeights(_weights, replaced)).Means(compare.Windows), CancellationToken.None)
            { Prunes = prunes };
            var (factors, counts) = allocation.Run(evaluations, _ => { });
            Console.WriteLine($"{variant.Name}, {(prunes ? "with" : "without")} pruning: {counts} [{clock.Elapsed.TotalSeconds:F0} s]");
            Console.WriteLine($"    λ by role {string.Join(", ", factors.Select(f => $"{f.Key} {f.Value:F2}"))}");
        }
    }

    private void Tune(Dictionary<string, IWeightRows> replaced, Variant variant)
    {
        var clock = Stopwatch.StartNew();
        using var tuner = new GainTuner(_graph, _weights, new ReplacedWeights(_weights, replaced), _graph.Weights.Where(w => w.IsVector).Select(w => w.Name).ToHashSet(), new HashSet<string>(), _workers) { Rate = variant.Rate };
        var tuned = tuner.Run(_windows, variant.Tuning, _ => { });
        foreach (var (name, values) in tuned.Gains)
        {
            replaced[name] = new FloatRows(values);
        }

        Console.WriteLine($"    tuned in {clock.Elapsed.TotalSeconds:F0} s: {string.Join(' ', tuned.Divergence.Select(d => d.ToString("F3")))}");
    }

    public void Dispose()
    {
        _test.Dispose();
        _source.Dispose();
    }

    /// <summary>Bytes of codes, and of columns, tables and all other side information.</summary>
    private static (double Codes, double Side) Coded(QuantizedModel model)
    {
        var parallel = new ParallelOptions();
        var tables = new TiledTableSet(model.Matrices[0].Matrix.States);
        foreach (var matrix in model.Matrices)
        {
            tables.Count(matrix.Matrix, parallel);
        }

        double codes = 0, side = tables.ToBytes().Length;
        foreach (var columns in model.Matrices.Select(m => m.Matrix).DistinctBy(m => m.ColumnOrder))
        {
            side += TiledSegmentEncoder.Columns(columns).Length;
        }

        foreach (var matrix in model.Matrices)
        {
            var coded = TiledSegmentEncoder.Encode(matrix.Matrix, tables, 0, 0, parallel)!;
            codes += coded.Chunks.Skip(1).Sum(c => (double)c.Length);
            side += coded.Prologue.Length + coded.Chunks[0].Length;
        }

        return (codes, side);
    }

    /// <summary>The windows that <c>modelpack measure</c> takes: from the text's start.</summary>
    private static WindowSet First(int[] ids, int windows) => new(ids[..(windows * Window)], Window);
}
