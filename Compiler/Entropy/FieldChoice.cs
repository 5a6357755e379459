using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>Chooses how a field of scales is coded: tries what <see cref="FieldCoding"/> has to offer and keeps the cheapest.</summary>
internal static class FieldChoice
{
    /// <summary>About what a value beside costs: a varint of two bytes and 16 bits.</summary>
    private const int BesideBits = 32;

    /// <summary>A low bit counts as dropped where it is zero in all but this part of the values.</summary>
    private const int DropTolerance = 256;

    /// <param name="values">All of a weight's.</param>
    /// <param name="scales">At the same places, or null where there is nothing to predict from.</param>
    public static (FieldCoding Coding, CodingTable Table) Make(ushort[] values, ushort[]? scales)
    {
        (FieldCoding Coding, ushort[] Frequencies, Int128 Cost)? best = null;
        foreach (var drop in new[] { 0, Drop(values) }.Distinct())
        {
            foreach (var predicted in scales is null ? new[] { false } : [false, true])
            {
                var histogram = new int[1 << 16];
                var beside = 0;
                var unbased = new FieldCoding(0, drop, predicted, 0);
                for (var i = 0; i < values.Length; i++)
                {
                    if (values[i] >> drop << drop == values[i])
                    {
                        histogram[unbased.Code(values[i], scales is null ? (ushort)0 : scales[i])]++;
                    }
                    else
                    {
                        beside++;
                    }
                }

                for (var shift = 0; shift <= FieldCoding.MaxShift; shift++)
                {
                    var (start, inside) = Window(histogram, shift);
                    var (frequencies, cost) = Cost(histogram, start, shift, values.Length);
                    cost += (Int128)(values.Length - inside) * BesideBits << CodeLength.FractionBits;
                    if (best is null || cost < best.Value.Cost)
                    {
                        best = (unbased with { Shift = shift, Base = (ushort)start }, frequencies, cost);
                    }
                }
            }
        }

        return (best!.Value.Coding, new(best.Value.Frequencies));
    }

    private static int Drop(ushort[] values)
    {
        for (var drop = 15; drop > 0; drop--)
        {
            var odd = 0;
            foreach (var value in values)
            {
                odd += value >> drop << drop == value ? 0 : 1;
            }

            if ((long)odd * DropTolerance <= values.Length)
            {
                return drop;
            }
        }

        return 0;
    }

    /// <summary>Where 32 · 2^shift values in a row, around the end too, hold the most.</summary>
    private static (int Start, int Inside) Window(int[] histogram, int shift)
    {
        var width = FieldCoding.Symbols << shift;
        if (width >= histogram.Length)
        {
            return (0, histogram.Sum());
        }

        var inside = 0;
        for (var i = 0; i < width; i++)
        {
            inside += histogram[i];
        }

        var (start, most) = (0, inside);
        for (var i = 1; i < histogram.Length; i++)
        {
            inside += histogram[(i + width - 1) & 0xFFFF] - histogram[i - 1];
            if (inside > most)
            {
                (start, most) = (i, inside);
            }
        }

        // Most windows that hold everything begin right at the least value: its bins are the best filled.
        return (start, most);
    }

    private static (ushort[] Frequencies, Int128 Cost) Cost(int[] histogram, int start, int shift, int values)
    {
        var counts = new long[FieldCoding.Symbols];
        for (var s = 0; s < counts.Length; s++)
        {
            for (var i = 0; i < 1 << shift; i++)
            {
                counts[s] += histogram[(start + (s << shift) + i) & 0xFFFF];
            }
        }

        var inside = counts.Sum();
        var frequencies = FrequencyTable.Quantize(counts);
        // Values beside are coded as the likeliest symbol with raw bits of zero.
        var likeliest = CodeLength.Of(frequencies.Max());
        return (frequencies, CodeLength.Of(counts, frequencies) + ((Int128)(values - inside) * likeliest) + ((Int128)values * shift << CodeLength.FractionBits));
    }
}
