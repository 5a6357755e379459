using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Stages;

namespace ModelPack.Compiler.Compression;

/// <summary>Rounding to nearest with codes of one width: what <c>Effort="Fast"</c> does, whatever the recipe. Nothing is calibrated or measured.</summary>
internal static class FixedWidths
{
    public const int Widest = 8;
    public const int Narrowest = 2;

    /// <summary>The width that stands for a quality: 8 bits for <c>High</c>, one fewer for each level below it.</summary>
    public static int Of(QualityTarget quality) => quality.Divergence switch
    {
        <= 0.005 => 8,
        <= 0.02 => 7,
        <= 0.05 => 6,
        <= 0.10 => 5,
        _ => 4,
    };

    /// <summary>Widths to try, the best first: that of the quality alone, or from it down to where a budget is met.</summary>
    public static IEnumerable<int> Candidates(CompressionOptions options)
    {
        var first = options.Quality.IsSource ? Widest : Of(options.Quality);
        return options.HasBudget ? Enumerable.Range(0, first - Narrowest + 1).Select(i => first - i) : [first];
    }

    /// <summary>The width of the quality, or the widest that keeps to the budget.</summary>
    /// <exception cref="ModelPackException">MP3009.</exception>
    public static PackResult Run(CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock)
    {
        PackResult? result = null;
        foreach (var width in Candidates(options))
        {
            clock.Begin(Stage.Packing);
            result = assembly.Write(pack, weight => Quantize(weight, width, threads), $"{width} bits, rounded to nearest, not measured", clock.Report);
            if (Budget.IsMet(options, result))
            {
                return result;
            }
        }

        throw Budget.Unreachable(options, result!);
    }

    public static TiledMatrix Quantize(WeightRef weight, int width, int threads) => RoundToNearest.Quantize(weight.Source!, weight.Rows, weight.Columns, width, threads);
}
