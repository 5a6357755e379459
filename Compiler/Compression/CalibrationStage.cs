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
            options.StatisticsCache,
            clock.Report);
        if (calibrated.FromCache)
        {
            clock.Rename("statistics, from the cache");
        }

        return calibrated;
    }

    /// <summary>The matrices of a graph that have statistics; rows in front of a batch normalization at the scale that suits the quantiser.</summary>
    public static MatrixInput[] Inputs(Graph graph, IReadOnlyDictionary<string, MatrixStatistics> statistics)
    {
        var vocabulary = Vocabulary(graph);
        return BatchNormalizationScales.Apply(
            graph,
            [.. graph.Weights
                .Where(w => !w.IsVector && statistics.ContainsKey(w.Name))
                .Select(w => new MatrixInput(w.Name, w.ReadFloats, statistics[w.Name], vocabulary.Contains(w.Name) ? MatrixKind.Vocabulary : MatrixKind.Linear))],
            new SourceWeights(KernelSets.Resolve(KernelSet.Auto)));
    }

    /// <summary>Names of the matrices with a row for each token: those that are looked up, and with them the head, if it is as large.</summary>
    private static HashSet<string> Vocabulary(Graph graph)
    {
        var looked = graph.Nodes.Select(n => n.Op).OfType<EmbeddingOp>().Select(o => o.Table).ToArray();
        var heads = LinearRoles.Of(graph).Where(r => r.Value == LinearRole.Head).Select(r => r.Key);
        return [.. looked.Concat(heads.Where(h => looked.Any(t => t.Rows == h.Rows))).Select(w => w.Name)];
    }
}
