using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>From counts to the frequencies of a table, by integer arithmetic alone: the same packs everywhere.</summary>
internal static class Frequencies
{
    /// <summary>
    /// Counts scaled to 4096, at least 1 for every symbol that occurs. What rounding down leaves over goes to where it saves most: to the symbols for which
    /// one slot more is relatively largest.
    /// </summary>
    /// <param name="counts">[16], not all 0.</param>
    public static ushort[] Of(ReadOnlySpan<long> counts)
    {
        Int128 total = 0;
        foreach (var count in counts)
        {
            total += count;
        }

        var frequencies = new ushort[RansTable.Symbols];
        var left = RansTable.Slots;
        for (var s = 0; s < frequencies.Length; s++)
        {
            frequencies[s] = counts[s] == 0 ? (ushort)0 : (ushort)Math.Max(1, (int)(counts[s] * RansTable.Slots / total));
            left -= frequencies[s];
        }

        for (; left > 0; left--)
        {
            frequencies[Best(counts, frequencies, 0)]++;
        }

        for (; left < 0; left++)
        {
            frequencies[Best(counts, frequencies, -1)]--;
        }

        return frequencies;
    }

    /// <summary>The symbol with the most counts a slot (to give one), or the fewest counts for each slot that remains (to take one).</summary>
    private static int Best(ReadOnlySpan<long> counts, ushort[] frequencies, int change)
    {
        var best = -1;
        for (var s = 0; s < frequencies.Length; s++)
        {
            if (counts[s] == 0 || (change < 0 && frequencies[s] == 1))
            {
                continue;
            }

            if (best < 0)
            {
                best = s;
                continue;
            }

            // counts[s] / f[s] against counts[best] / f[best], in integers.
            Int128 mine = (Int128)counts[s] * (frequencies[best] + change), other = (Int128)counts[best] * (frequencies[s] + change);
            if (change < 0 ? mine < other : mine > other)
            {
                best = s;
            }
        }

        return best;
    }
}
