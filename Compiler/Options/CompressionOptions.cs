using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Profiles;

namespace ModelPack.Compiler;

/// <summary>Work that a build may do for a smaller model.</summary>
internal enum Effort
{
    /// <summary>Seconds: fixed widths whatever the recipe, no calibration, nothing measured.</summary>
    Fast,

    /// <summary>About two minutes on two cores for 135 M weights.</summary>
    Normal,

    /// <summary>About ten.</summary>
    Best,
}

/// <summary>How weights are quantised.</summary>
internal enum Recipe
{
    /// <summary>Our own: calibrated, rate-distortion-optimised, made to be entropy-coded.</summary>
    Tiled,

    /// <summary>Re-scaling, pruning into zeros and lossless coding of 8-bit codes ("When Compression Meets Model Compression").</summary>
    DoubleCompression,

    /// <summary>Nearest codes of a fixed width.</summary>
    RoundToNearest,
}

/// <summary>What counts where size and speed pull apart.</summary>
internal enum Optimize
{
    /// <summary>Bytes at rest: trellis codes, entropy-coded.</summary>
    Size,

    /// <summary>Tokens a second and start-up: scalar codes; with <c>Source</c>, bytes used in place.</summary>
    Speed,
}

/// <summary>What a model is to lose, weigh and take, and what may be spent on it; checked.</summary>
internal sealed record CompressionOptions
{
    public static CompressionOptions Source { get; } = new();

    public QualityTarget Quality { get; init; } = QualityTarget.Source;

    public Effort Effort { get; init; } = Effort.Normal;

    public Recipe Recipe { get; init; } = Recipe.Tiled;

    public Optimize Optimize { get; init; } = Optimize.Size;

    /// <summary>Most bits at rest per weight; null: no such limit.</summary>
    public double? BitsPerWeight { get; init; }

    /// <summary>Most bytes of the pack; null: no such limit.</summary>
    public long? MaxSize { get; init; }

    /// <summary>Most bytes of resident weights; null: no such limit.</summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Least tokens a second, as <see cref="Profile"/> expects them; null: no such limit.</summary>
    public double? DecodeSpeed { get; init; }

    /// <summary>The processor that decodes; null: nothing is expected.</summary>
    public DecodeProfile? Profile { get; init; }

    /// <summary>Text files to calibrate on; none: the text that comes with ModelPack.</summary>
    public IReadOnlyList<string> Calibration { get; init; } = [];

    /// <summary>Where calibration statistics are kept from build to build; null: nowhere. Does not change the result.</summary>
    public BuildCache? StatisticsCache { get; init; }

    /// <summary>The divergence at which a search begins: what is wanted, or where a budget alone decides, that of a balanced model.</summary>
    public double FirstDivergence => Quality.IsSource ? 0.05 : Quality.Divergence;

    public bool HasBudget => BitsPerWeight is not null || MaxSize is not null || MemoryBudget is not null || DecodeSpeed is not null;

    /// <summary>Nothing is quantised.</summary>
    public bool KeepsSource => Quality.IsSource && !HasBudget;
}
