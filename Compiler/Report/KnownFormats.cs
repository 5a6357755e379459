namespace ModelPack.Compiler.Report;

/// <param name="Name">As llama.cpp calls it.</param>
/// <param name="Bits">Per weight.</param>
internal sealed record KnownFormat(string Name, double Bits);

/// <summary>
/// Kinds of format that users know, by what they weigh: marks beside which a pack can be placed. What they lose depends on the model and is not known here.
/// </summary>
internal static class KnownFormats
{
    /// <summary>Block formats are exact (bytes of a block over its weights); the mixtures Q4_K_M and Q5_K_M about what llama.cpp makes of models of 7 G weights and more.</summary>
    public static IReadOnlyList<KnownFormat> All { get; } =
    [
        new("IQ4_XS", 4.25), new("Q4_0", 4.5), new("Q4_K_M", 4.85), new("Q5_K_M", 5.7), new("Q6_K", 6.56), new("Q8_0", 8.5), new("f16", 16),
    ];
}
