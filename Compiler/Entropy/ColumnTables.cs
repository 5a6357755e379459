using System.Numerics;
using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The tables of a grouped weight's codes: one, or one per class of columns where columns differ enough.</summary>
/// <param name="Alphabet">Narrow or wide.</param>
/// <param name="RawBits">Low bits sent as they are.</param>
/// <param name="Tables">1 to 16.</param>
/// <param name="Classes">Table of each column, padded ones included.</param>
internal sealed record ColumnTables(RansAlphabet Alphabet, int RawBits, CodingTable[] Tables, byte[] Classes)
{
    private const int MaxClasses = 16;

    /// <summary>Classes must save one part in so many of the stream, for what they cost in the decoder.</summary>
    private const int ClassesWorth = 256;

    /// <summary>Decoding is faster with 16 symbols: 32 must save one part in so many.</summary>
    private const int WideWorth = 500;

    /// <param name="histograms">[columns, 32]: codes by their upper five bits.</param>
    /// <param name="columns">Padded ones included.</param>
    /// <param name="codeBits">Of a code.</param>
    public static ColumnTables Make(long[] histograms, int columns, int codeBits)
    {
        var narrow = Make(histograms, columns, codeBits, RansAlphabet.Narrow, out var narrowCost);
        if (codeBits <= 4)
        {
            return narrow;
        }

        var wide = Make(histograms, columns, codeBits, RansAlphabet.Wide, out var wideCost);
        return wideCost + (narrowCost / WideWorth) < narrowCost ? wide : narrow;
    }

    /// <summary>Upper bits that <see cref="Make(long[], int, int)"/> counts: codes are shifted by this.</summary>
    public static int HistogramShift(int codeBits) => Math.Max(0, codeBits - 5);

    private static ColumnTables Make(long[] histograms, int columns, int codeBits, RansAlphabet alphabet, out Int128 cost)
    {
        var symbols = RansTable.Entries(alphabet);
        var rawBits = Math.Max(0, codeBits - (alphabet == RansAlphabet.Wide ? 5 : 4));
        var merge = rawBits - HistogramShift(codeBits);
        var all = new long[symbols];
        var classes = new byte[columns];
        var byClass = new SortedDictionary<int, long[]>();
        var mean = Mean(histograms);
        for (var c = 0; c < columns; c++)
        {
            var counts = new long[symbols];
            for (var s = 0; s < Math.Min(32, symbols << merge); s++)
            {
                counts[s >> merge] += histograms[(32 * c) + s];
            }

            classes[c] = (byte)ClassOf(histograms.AsSpan(32 * c, 32), mean);
            if (!byClass.TryGetValue(classes[c], out var sum))
            {
                byClass[classes[c]] = sum = new long[symbols];
            }

            for (var s = 0; s < symbols; s++)
            {
                sum[s] += counts[s];
                all[s] += counts[s];
            }
        }

        var raw = (Int128)all.Sum() * rawBits << CodeLength.FractionBits;
        cost = CodeLength.Best(all) + raw;
        var merged = Merge(byClass);
        Int128 side = (Int128)((8L * columns) + (8L * 2 * symbols * merged.Count)) << CodeLength.FractionBits;
        var several = raw + side;
        foreach (var (_, counts) in merged)
        {
            several += CodeLength.Best(counts);
        }

        if (several + (cost / ClassesWorth) >= cost)
        {
            return new(alphabet, rawBits, [new(FrequencyTable.Quantize(all))], new byte[columns]);
        }

        cost = several;
        for (var c = 0; c < columns; c++)
        {
            classes[c] = (byte)merged.FindIndex(m => m.Classes.Contains(classes[c]));
        }

        return new(alphabet, rawBits, [.. merged.Select(m => new CodingTable(FrequencyTable.Quantize(m.Counts)))], classes);
    }

    /// <summary>At most 16 classes, the emptiest joined with the neighbour.</summary>
    private static List<(List<int> Classes, long[] Counts)> Merge(SortedDictionary<int, long[]> byClass)
    {
        var merged = byClass.Select(p => (Classes: new List<int> { p.Key }, Counts: p.Value)).ToList();
        while (merged.Count > MaxClasses)
        {
            var least = Enumerable.Range(0, merged.Count).MinBy(i => merged[i].Counts.Sum());
            var to = least == 0 ? 1 : least - 1;
            merged[to].Classes.AddRange(merged[least].Classes);
            for (var s = 0; s < merged[to].Counts.Length; s++)
            {
                merged[to].Counts[s] += merged[least].Counts[s];
            }

            merged.RemoveAt(least);
        }

        return merged;
    }

    private static long Mean(long[] histograms)
    {
        long sum = 0, count = 0;
        for (var i = 0; i < histograms.Length; i++)
        {
            sum += histograms[i] * (i & 31);
            count += histograms[i];
        }

        return count == 0 ? 0 : (sum + (count / 2)) / count;
    }

    /// <summary>Quarter octaves of the codes' deviation, by integers: half octaves of the mean square in 2^−16.</summary>
    private static int ClassOf(ReadOnlySpan<long> counts, long mean)
    {
        long squares = 0, count = 0;
        for (var s = 0; s < counts.Length; s++)
        {
            squares += counts[s] * (s - mean) * (s - mean);
            count += counts[s];
        }

        var variance = count == 0 ? 1 : Math.Max(1, (ulong)(((Int128)squares << 16) / count));
        var octave = BitOperations.Log2(variance);
        return (2 * octave) + ((UInt128)variance * variance >= UInt128.One << ((2 * octave) + 1) ? 1 : 0);
    }
}
