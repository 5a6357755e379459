using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>What calibrated recipes begin with.</summary>
internal static class CalibrationStage
{
    /// <summary>Statistics of the model on the text that the options name.</summary>
    /// <exception cref="ModelPackException">MP3402 to MP3404.</exception>
    public static CalibratedModel Run(ModelSource source, ModelGraph model, CompressionOptions options, Workers workers, StageClock clock)
    {
        clock.Begin(Stage.Statistics);
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

        return calibrated;
    }

    /// <summary>The matrices of a graph that have statistics.</summary>
    public static MatrixInput[] Inputs(Graph graph, CalibratedModel calibrated)
    {
        var vocabulary = Vocabulary(graph);
        return [.. graph.Weights
            .Where(w => w is { IsVector: false, Source: not null } && calibrated.Statistics.ContainsKey(w.Name))
            .Select(w => new MatrixInput(w.Name, w.ReadFloats, calibrated.Statistics[w.Name], vocabulary.Contains(w.Name) ? MatrixKind.Vocabulary : MatrixKind.Linear))];
    }

    /// <summary>Names of the matrices with a row for each token: looked up, or giving the graph's results.</summary>
    private static HashSet<string> Vocabulary(Graph graph)
    {
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        return [.. graph.Nodes.Where(n => n.Op is EmbeddingOp || n.Outputs.Any(o => results.Contains(o.Id))).SelectMany(n => n.Op.Weights).Select(w => w.Name)];
    }
}
