using System.Numerics;

namespace ModelPack.Entropy;

/// <summary>For each set of lanes that need a word: which of the next words goes to which lane. Row m, lane i: the number of lanes below i in m.</summary>
internal static class WordDeal
{
    /// <summary>[256, 8] for 8 lanes.</summary>
    public static ReadOnlySpan<byte> Eight => s_eight;

    private static readonly byte[] s_eight = Make();

    private static byte[] Make()
    {
        var rows = new byte[256 * 8];
        for (var mask = 0; mask < 256; mask++)
        {
            for (var lane = 0; lane < 8; lane++)
            {
                rows[(8 * mask) + lane] = (byte)BitOperations.PopCount((uint)(mask & ((1 << lane) - 1)));
            }
        }

        return rows;
    }
}
