using System.Globalization;

namespace ModelPack.Compiler.Compression;

/// <summary>Whether a pack keeps to what it may weigh.</summary>
internal static class Budget
{
    public static bool IsMet(CompressionOptions options, PackResult result) =>
        !(result.BitsRest > options.BitsPerWeight) && !(result.BytesOut > options.MaxSize) && !(result.ResidentBytes > options.MemoryBudget) && !(result.DecodeSpeed < options.DecodeSpeed);

    /// <summary>MP3009, naming the best that was reached.</summary>
    public static ModelPackException Unreachable(CompressionOptions options, PackResult best) => new(
        CompilerCodes.BudgetUnreachable,
        string.Create(
            CultureInfo.InvariantCulture,
            $"the model cannot keep to its budget ({Text(options)}): the smallest that this recipe and effort make takes {best.BytesOut / 1e6:F1} MB, {best.BitsRest:F2} bits per weight and {best.ResidentBytes / 1e6:F1} MB in memory{Speed(options, best)}. Raise the budget{(options.DecodeSpeed is null ? "" : ", lower the speed")}, or start from a smaller model."));

    private static string Speed(CompressionOptions options, PackResult best) =>
        options.DecodeSpeed is null ? "" : string.Create(CultureInfo.InvariantCulture, $", and decodes {best.DecodeSpeed:F0} tokens/s with profile {options.Profile!.Name}");

    /// <summary>MP3009, naming the best that was reached.</summary>
    public static ModelPackException QualityUnreachable(CompressionOptions options, IEnumerable<PackResult> tried)
    {
        var best = tried.Where(r => r.Divergence is not null).MinBy(r => r.Divergence)!;
        return new(
            CompilerCodes.BudgetUnreachable,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the model cannot keep to quality {options.Quality.Name} (KL divergence {options.Quality.Divergence}): the best that recipe {options.Recipe} makes is {best.Divergence:F4}, at {best.BitsRest:F2} bits per weight. Choose a lower quality{(options.Recipe == Recipe.Tiled ? ", or Source, which loses nothing" : $", or recipe {Recipe.Tiled}")}."));
    }

    private static string Text(CompressionOptions options)
    {
        var parts = new List<string>();
        if (options.BitsPerWeight is { } bits)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"BitsPerWeight {bits}"));
        }

        if (options.MaxSize is { } size)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"MaxSize {size / 1e6:F1} MB"));
        }

        if (options.MemoryBudget is { } memory)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"MemoryBudget {memory / 1e6:F1} MB"));
        }

        if (options.DecodeSpeed is { } speed)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"DecodeSpeed {speed} tokens/s"));
        }

        return string.Join(", ", parts);
    }
}
