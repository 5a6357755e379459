using ModelPack.Kernels;

namespace ModelPack.Compiler.Allocation;

/// <summary>
/// λ, the price of a bit in KL divergence, on a grid of 1/32 octaves: the same packs on every platform, whatever its logarithms.
/// </summary>
internal static class RateStep
{
    public const int PerOctave = 32;

    private const double Ln2 = 0.6931471805599453;

    /// <summary>Steps that a search may take in all: 2^±24.</summary>
    private const int Limit = 24 * PerOctave;

    /// <summary>2^(steps / 32).</summary>
    public static double Factor(int steps) => DeterministicMath.Exp(steps * (Ln2 / PerOctave));

    /// <summary>The steps whose factor is the largest that is not above <paramref name="ratio"/>.</summary>
    public static int Floor(double ratio)
    {
        int low = -Limit, high = Limit;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = Factor(middle) <= ratio ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
