using System.Globalization;

namespace ModelPack.Compiler;

/// <summary>
/// What a compressed model may lose: nothing (<c>Source</c>), or a mean KL divergence per token from the original, by level or as a number.
/// </summary>
/// <param name="Name">As the user wrote it, a level in its usual spelling.</param>
/// <param name="Divergence">Nats per token; 0 for <c>Source</c>.</param>
internal readonly record struct QualityTarget(string Name, double Divergence)
{
    /// <summary>The levels, best first.</summary>
    public static readonly IReadOnlyList<QualityTarget> Levels =
    [
        new("Source", 0), new("High", 0.005), new("Good", 0.02), new("Balanced", 0.05), new("Small", 0.10), new("Tiny", 0.20),
    ];

    public static QualityTarget Source => Levels[0];

    /// <summary>Every number of the file is kept.</summary>
    public bool IsSource => Divergence == 0;

    /// <param name="text">A level, or a divergence such as <c>0.05</c>; null: <c>Source</c>.</param>
    /// <exception cref="ModelPackException">MP3002.</exception>
    public static QualityTarget Parse(string? text)
    {
        if (text is null)
        {
            return Source;
        }

        foreach (var level in Levels)
        {
            if (level.Name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return level;
            }
        }

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var divergence) && divergence is >= 1e-4 and < 10
            ? new(text, divergence)
            : throw new ModelPackException(
                CompilerCodes.QualityUnsupported,
                $"'{text}' is not a quality. Levels are {string.Join(", ", Levels.Select(l => l.Name))}; or give a KL divergence from 0.0001 to below 10, such as 0.05.");
    }

    public override string ToString() => Name;
}
