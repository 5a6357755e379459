using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>How codes of one class are coded: table or tables, and how a code falls apart into symbol and raw bits.</summary>
/// <param name="States">1: scalar codes.</param>
/// <param name="IsPair">Two tables, by the branch bit before.</param>
/// <param name="RawBits">Low bits sent as they are.</param>
/// <param name="First">The table, or that of branch bit 0.</param>
/// <param name="Second">That of branch bit 1.</param>
internal sealed record ClassCoding(int States, bool IsPair, int RawBits, CodingTable First, CodingTable? Second)
{
    /// <summary>For the encoder of streams: where <see cref="IsPair"/>, bit 7 of a symbol chooses.</summary>
    public CodingTable Table { get; } = Second is null ? First : new(First, Second);

    private int Symbols => IsPair ? 32 : 64;

    /// <summary>The symbol of a value as <see cref="StoredCodes"/> has it, without its branch bit, or −1 where it lies beside; and its raw bits.</summary>
    public int Symbol(int value, out int raw)
    {
        if (States == 1)
        {
            var u = value - 128 + (32 << RawBits);
            raw = u & ((1 << RawBits) - 1);
            return u >= 0 && u >> RawBits < Symbols ? u >> RawBits : -1;
        }

        var bias = IsPair ? 8 : 16 << RawBits;
        var hi = (value >> 1) - 64 + bias;
        raw = hi & ((1 << RawBits) - 1);
        return hi >= 0 && hi >> RawBits < Symbols / 2 ? (hi >> RawBits << 1) | (value & 1) : -1;
    }

    /// <summary>What is coded in place of a code that lies beside: with a trellis a symbol with the same lsb, for that moves the path on.</summary>
    public int Instead(int value, bool branch)
    {
        var table = branch && Second is not null ? Second : First;
        var best = States == 1 ? 0 : value & 1;
        for (var s = best; s < Symbols; s += States == 1 ? 1 : 2)
        {
            best = table.Frequencies[s] > table.Frequencies[best] ? s : best;
        }

        return best;
    }

    /// <summary>Tables for counted values.</summary>
    /// <param name="counts">[branch bit before, value].</param>
    /// <param name="states">1: scalar.</param>
    /// <param name="isPair">Two tables.</param>
    /// <param name="rawBits">Low bits sent as they are.</param>
    /// <param name="bits">What all codes take, in units of 2^−16.</param>
    /// <param name="beside">How many lie beside.</param>
    public static ClassCoding Make(long[] counts, int states, bool isPair, int rawBits, out Int128 bits, out long beside)
    {
        var shape = new ClassCoding(states, isPair, rawBits, s_any, null);
        var symbols = new long[2][];
        long total = 0;
        beside = 0;
        (symbols[0], symbols[1]) = (new long[shape.Symbols], new long[shape.Symbols]);
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0)
            {
                continue;
            }

            var half = isPair && i >= StoredCodes.Values ? 1 : 0;
            var symbol = shape.Symbol(i % StoredCodes.Values, out _);
            total += counts[i];
            beside += symbol < 0 ? counts[i] : 0;
            // Beside: some symbol of the right lsb must exist all the same.
            symbols[half][symbol < 0 ? (shape.Symbols / 2) | (states == 1 ? 0 : i & 1) : symbol] += counts[i];
        }

        bits = (Int128)total * rawBits << CodeLength.FractionBits;
        var tables = new CodingTable[isPair ? 2 : 1];
        for (var t = 0; t < tables.Length; t++)
        {
            var frequencies = FrequencyTable.Quantize(symbols[t]);
            bits += CodeLength.Of(symbols[t], frequencies);
            tables[t] = new(frequencies);
        }

        return new(states, isPair, rawBits, tables[0], isPair ? tables[1] : null);
    }

    private static readonly CodingTable s_any = new([RansFormat.Scale / 2, RansFormat.Scale / 2, .. new ushort[14]]);
}
