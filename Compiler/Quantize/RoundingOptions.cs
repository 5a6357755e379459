namespace ModelPack.Compiler.Quantize;

/// <summary>How a matrix is rounded.</summary>
/// <param name="Lambda">λ: the price of a bit, in nats of KL divergence per token. Larger is smaller.</param>
/// <param name="States">1: scalar codes; 4 or 8: trellis.</param>
internal sealed record RoundingOptions(double Lambda, int States)
{
    public const int NarrowestTile = 2, WidestTile = 8;

    /// <summary>Prices tried on a real model: docs/compression-ingredients.md.</summary>
    public const double TrellisResidentPrice = 0.45, ScalarResidentPrice = 0.25, DefaultEscapeBits = 230;

    /// <summary>Price of a resident bit, as a part of λ, where nothing else is said.</summary>
    public static double DefaultResidentPrice(int states) => states == 1 ? ScalarResidentPrice : TrellisResidentPrice;

    /// <summary>Price of a resident bit, as a part of λ.</summary>
    public double ResidentPrice { get; init; } = DefaultResidentPrice(States);

    /// <summary>Price of a code that its tile does not hold, in resident bits.</summary>
    public double EscapeBits { get; init; } = DefaultEscapeBits;

    public Damping Damping { get; init; } = Damping.Linear;

    public KernelSet Kernels { get; init; } = KernelSet.Auto;

    /// <summary>Tables of the final codes.</summary>
    public required RateTables Tables { get; init; }

    /// <summary>Tables of scalar codes, for the first pass.</summary>
    public required RateTables ScalarTables { get; init; }
}
