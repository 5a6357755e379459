namespace ModelPack.Entropy;

/// <summary>
/// Frequencies as a pack has them: a varint for each symbol; a zero is followed by the number of further zeros as a varint.
/// </summary>
internal static unsafe class TableReader
{
    /// <summary>Reads one table and builds it.</summary>
    /// <param name="from">Where frequencies are.</param>
    /// <param name="symbols">16, 32 or 64.</param>
    /// <param name="table">Room for a table.</param>
    /// <param name="entries">Words of a section.</param>
    /// <param name="half">0, or 1 for the second table of a pair.</param>
    /// <exception cref="CorruptStreamException">Frequencies out of range, or with another sum than 2^13.</exception>
    public static void Read(ref ByteCursor from, int symbols, uint* table, int entries, int half = 0)
    {
        var memory = stackalloc ushort[64];
        var frequencies = new Span<ushort>(memory, symbols);
        Frequencies(ref from, frequencies);
        RansTable.Build(frequencies, table, entries, half);
    }

    private static void Frequencies(ref ByteCursor from, Span<ushort> frequencies)
    {
        var sum = 0;
        frequencies.Clear();
        for (var s = 0; s < frequencies.Length; s++)
        {
            var frequency = from.Varint();
            if (frequency >= RansFormat.Scale)
            {
                throw new CorruptStreamException($"symbol {s} of a table has frequency {frequency}");
            }

            frequencies[s] = (ushort)frequency;
            sum += frequency;
            if (frequency == 0)
            {
                var zeros = from.Varint();
                if (zeros >= frequencies.Length - s)
                {
                    throw new CorruptStreamException($"a table of {frequencies.Length} symbols has {zeros} zeros behind symbol {s}");
                }

                s += zeros;
            }
        }

        if (sum != RansFormat.Scale)
        {
            throw new CorruptStreamException($"the frequencies of a table sum to {sum} instead of {RansFormat.Scale}");
        }
    }
}
