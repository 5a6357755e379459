namespace ModelPack.Compiler.Quantize;

/// <summary>
/// The trellises (Ungerboeck 1982; Marcellin and Fischer 1990): integers n in half steps lie in four subsets n mod 4; from state s branch b leads to state (2 s + b) mod S and
/// takes n from subset <see cref="Subset"/>. In a state of one parity both branches have that parity of n.
/// </summary>
internal static class Trellis
{
    private static ReadOnlySpan<byte> Subsets4 => [0, 2, 1, 3, 2, 0, 3, 1];

    private static ReadOnlySpan<byte> Subsets8 => [0, 2, 1, 3, 2, 0, 3, 1, 2, 0, 3, 1, 0, 2, 1, 3];

    /// <summary>n mod 4 on branch <paramref name="branch"/> out of <paramref name="state"/>; 0 without a trellis.</summary>
    public static int Subset(int states, int state, int branch) => states switch
    {
        8 => Subsets8[(2 * state) + branch],
        4 => Subsets4[(2 * state) + branch],
        _ => 0,
    };

    /// <summary>The state before <paramref name="state"/>: of two that lead there the first, or the second.</summary>
    public static int Predecessor(int states, int state, bool second) => states == 1 ? 0 : (state >> 1) + (second ? states / 2 : 0);

    /// <exception cref="ArgumentException">Not 1, 4 or 8.</exception>
    public static void Check(int states)
    {
        if (states is not (1 or 4 or 8))
        {
            throw new ArgumentException($"A trellis has 4 or 8 states, 1 stands for none; not {states}.");
        }
    }
}
