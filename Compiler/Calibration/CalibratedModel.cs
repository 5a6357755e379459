using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Compiler.Calibration;

/// <summary>A model with what the quantiser needs of it: statistics, and windows to check levels and to tune on.</summary>
/// <param name="Statistics">By the weight's name; matrices with the same input share their moments.</param>
/// <param name="Windows">Windows that were looked at, and windows held out.</param>
/// <param name="FromCache">Whether the statistics were there already.</param>
internal sealed record CalibratedModel(IReadOnlyDictionary<string, MatrixStatistics> Statistics, CalibrationWindows Windows, bool FromCache)
{
    /// <summary>Windows on which a quality level is checked: 2,048 positions.</summary>
    public const int HeldOutWindows = 8;

    /// <summary>In the key of cached statistics: change it where their bits change.</summary>
    private const string Version = "statistics 1";
    private const string Kind = "statistics";

    /// <param name="source">The model file.</param>
    /// <param name="model">Its graph, before or after the passes.</param>
    /// <param name="texts">Calibration texts.</param>
    /// <param name="options">How much of them.</param>
    /// <param name="workers">Threads and cancellation.</param>
    /// <param name="cache">Where statistics are kept; null: nowhere.</param>
    /// <param name="progress">Told the part done.</param>
    /// <exception cref="ModelPackException">MP3402, MP3403, MP3404.</exception>
    public static CalibratedModel Of(
        ModelSource source, ModelGraph model, IReadOnlyList<string> texts, CalibrationOptions options, Workers workers, BuildCache? cache, Action<double> progress)
    {
        using var tokenizer = new ModelTokenizer(source);
        var windows = CalibrationWindows.Of([.. texts.Select(tokenizer.Encode)], options.MomentWindows, HeldOutWindows, model.ContextLength);
        var key = cache is null ? default : MeasurementKey.Of(
            cache, Version, source, windows.Calibration, $"{windows.Calibration.Length} {options.MomentWindows} {options.GradientWindows} {options.Seed}");
        if (cache is not null && FromCacheOf(cache, key) is { } cached)
        {
            progress(1);
            return new(StatisticsRefinement.Run(model.Graph, cached), windows, true);
        }

        var raw = Calibrator.Run(model.Graph, new SourceWeights(KernelSets.Resolve(KernelSet.Auto)), windows.Calibration, options, workers, progress);
        cache?.Put(key, Kind, stream => StatisticsFile.Write(stream, raw));
        return new(StatisticsRefinement.Run(model.Graph, raw), windows, false);
    }

    private static RawStatistics? FromCacheOf(BuildCache cache, CacheKey key)
    {
        using var stream = cache.TryGet(key, Kind);
        return stream is null ? null : StatisticsFile.TryRead(stream);
    }
}
