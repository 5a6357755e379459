namespace ModelPack.Compiler.Quantize;

/// <summary>How a model is quantised.</summary>
/// <param name="Lambda">λ: nats of KL divergence per token that a bit may cost. .95e-9 gave .065 at 3.23 bits on SmolLM2-135M.</param>
/// <param name="States">1: scalar codes, fast; 8 or 4: trellis, .13 to .19 bit smaller.</param>
internal sealed record QuantizerOptions(double Lambda, int States)
{
    /// <summary>λ of embedding and head, beside that of the linears.</summary>
    public double VocabularyFactor { get; init; } = 1.35;

    /// <summary>Price of a resident bit, as a part of λ.</summary>
    public double ResidentPrice { get; init; } = RoundingOptions.DefaultResidentPrice(States);

    /// <summary>Price of an escape, in resident bits.</summary>
    public double EscapeBits { get; init; } = RoundingOptions.DefaultEscapeBits;

    /// <summary>Threads; the result does not depend on them.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Rung; the result does not depend on it.</summary>
    public KernelSet Kernels { get; init; } = KernelSet.Auto;

    /// <summary>Code statistics of an earlier run with as many states: the rounding then weighs the coder's real bits instead of the default distributions'.</summary>
    public QuantizerTables? Tables { get; init; }
}

/// <summary>Tables of the two sets that a model's codes are coded with, and those of the first, scalar pass.</summary>
/// <param name="Scalar">Scalar codes.</param>
/// <param name="Linear">Codes of all linears.</param>
/// <param name="Vocabulary">Codes of embedding and head.</param>
internal sealed record QuantizerTables(RateTables Scalar, RateTables Linear, RateTables Vocabulary)
{
    public static QuantizerTables Default(int states)
    {
        var tables = RateTables.Default(states);
        return new(states == 1 ? tables : RateTables.Default(1), tables, tables);
    }

    public RateTables Of(MatrixKind kind) => kind == MatrixKind.Vocabulary ? Vocabulary : Linear;
}
