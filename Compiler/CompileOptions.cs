using System.Globalization;

namespace ModelPack.Compiler;

/// <summary>What a model is compiled to; checked.</summary>
/// <param name="Name">Class name.</param>
/// <param name="Namespace">Namespace; may be empty.</param>
/// <param name="ContextLength">Positions a sequence may have; null: the model's own.</param>
internal sealed record CompileOptions(string Name, string Namespace, int? ContextLength)
{
    /// <summary>Names of passes that do not run (tests compare results with a pass and without).</summary>
    public IReadOnlyList<string> ExceptPasses { get; init; } = [];

    private static readonly string[] s_levels = ["High", "Good", "Balanced", "Small", "Tiny"];

    /// <summary>
    /// Checks a quality. Only <c>Source</c> is compiled so far (every code of the file is kept); the other levels and a KL divergence come with the quantiser.
    /// </summary>
    /// <exception cref="ModelPackException">MP3002.</exception>
    public static void CheckQuality(string? quality)
    {
        if (quality is null || quality.Equals("Source", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var known = s_levels.Contains(quality, StringComparer.OrdinalIgnoreCase)
            || (double.TryParse(quality, NumberStyles.Float, CultureInfo.InvariantCulture, out var divergence) && divergence is > 0 and < 10);
        throw new ModelPackException(
            CompilerCodes.QualityUnsupported,
            known
                ? $"quality '{quality}' needs the calibrated quantiser, which this version does not have yet. Use Quality=\"Source\", which keeps the file's own weights exactly; to have a smaller model, start from a smaller file (Q4_K_M, Q4_0 …)."
                : $"'{quality}' is not a quality. Levels are Source, {string.Join(", ", s_levels)}, or a KL divergence such as 0.05; this version compiles Source.");
    }
}
