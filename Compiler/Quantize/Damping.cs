namespace ModelPack.Compiler.Quantize;

/// <summary>What is added to the diagonal of the second moments before they are inverted: <c>Relative · H_jj + OfMean · mean H</c>.</summary>
/// <param name="Relative">Part of each diagonal element.</param>
/// <param name="OfMean">Part of the diagonal's mean.</param>
internal readonly record struct Damping(double Relative, double OfMean)
{
    /// <summary>For linears: anything from .003 to .3 gave the same divergence (reference/quantiser.md).</summary>
    public static readonly Damping Linear = new(0.03, 1e-5);

    /// <summary>For the embedding and the head.</summary>
    public static readonly Damping Vocabulary = new(0, 0.01);
}
