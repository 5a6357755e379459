using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>Frequencies of the symbols of a table, quantised to a sum of 2^13.</summary>
internal static class FrequencyTable
{
    /// <summary>
    /// The frequencies that code the counted symbols best: every symbol that occurs gets at least 1, none gets all; what rounding leaves over goes where it gains most.
    /// </summary>
    /// <param name="counts">16 or 32 counts.</param>
    public static ushort[] Quantize(ReadOnlySpan<long> counts)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var frequencies = new ushort[counts.Length];
        if (total == 0)
        {
            (frequencies[0], frequencies[1]) = (RansFormat.Scale / 2, RansFormat.Scale / 2);
            return frequencies;
        }

        var sum = 0;
        for (var s = 0; s < counts.Length; s++)
        {
            // Integers, so that the table is the same from every processor.
            var exact = (long)((((Int128)counts[s] * RansFormat.Scale) + (total / 2)) / total);
            frequencies[s] = (ushort)Math.Clamp(exact, counts[s] > 0 ? 1 : 0, RansFormat.Scale - 1);
            sum += frequencies[s];
        }

        while (sum != RansFormat.Scale)
        {
            var up = sum < RansFormat.Scale;
            var best = Best(counts, frequencies, up);
            frequencies[best] += (ushort)(up ? 1 : -1);
            sum += up ? 1 : -1;
        }

        return frequencies;
    }

    /// <summary>Bits that the counted symbols take under the frequencies.</summary>
    public static double Bits(ReadOnlySpan<long> counts, ReadOnlySpan<ushort> frequencies)
    {
        var bits = 0.0;
        for (var s = 0; s < counts.Length; s++)
        {
            if (counts[s] > 0)
            {
                bits += counts[s] * (RansFormat.ScaleBits - Math.Log2(frequencies[s]));
            }
        }

        return bits;
    }

    /// <summary>Writes frequencies as <see cref="TableReader"/> reads them.</summary>
    public static void Write(ByteSink to, ReadOnlySpan<ushort> frequencies)
    {
        for (var s = 0; s < frequencies.Length; s++)
        {
            to.Varint(frequencies[s]);
            if (frequencies[s] == 0)
            {
                var zeros = 0;
                while (s + 1 + zeros < frequencies.Length && frequencies[s + 1 + zeros] == 0)
                {
                    zeros++;
                }

                to.Varint(zeros);
                s += zeros;
            }
        }
    }

    // Where one more gains most, or one less costs least: count / frequency, compared without fractions.
    private static int Best(ReadOnlySpan<long> counts, ReadOnlySpan<ushort> frequencies, bool up)
    {
        var best = -1;
        for (var s = 0; s < counts.Length; s++)
        {
            if (up ? frequencies[s] == RansFormat.Scale - 1 : frequencies[s] <= 1)
            {
                continue;
            }

            if (best < 0)
            {
                best = s;
                continue;
            }

            var (a, b) = ((Int128)counts[s] * Math.Max(1, (int)frequencies[best]), (Int128)counts[best] * Math.Max(1, (int)frequencies[s]));
            if (up ? a > b : a < b)
            {
                best = s;
            }
        }

        return best;
    }
}
