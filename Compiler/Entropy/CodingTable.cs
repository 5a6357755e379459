using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The encoder's side of one table: frequencies, and where each symbol's slots lie under the decoder's alias table.</summary>
internal sealed unsafe class CodingTable
{
    /// <summary>Set in a symbol to code where the lane's branch bit before is 1.</summary>
    public const int BranchBit = 128;

    private readonly ushort[] _slots;
    private readonly int[] _starts;

    public CodingTable(ReadOnlySpan<ushort> frequencies)
    {
        _slots = new ushort[RansFormat.Scale];
        Frequencies = frequencies.ToArray();
        _starts = new int[frequencies.Length];
        for (var s = 1; s < frequencies.Length; s++)
        {
            _starts[s] = _starts[s - 1] + frequencies[s - 1];
        }

        var n = frequencies.Length;
        var table = stackalloc uint[3 * 64];
        RansTable.Build(frequencies, table, n, 0);
        for (var slot = 0; slot < RansFormat.Scale; slot++)
        {
            var bucket = slot / (RansFormat.Scale / n);
            var entry = table[n + bucket + (slot >= table[bucket] ? n : 0)];
            var symbol = (int)(entry >> RansTable.SymbolShift & RansTable.SymbolMask);
            _slots[_starts[symbol] + (int)(((uint)slot + entry) & (RansFormat.Scale - 1))] = (ushort)slot;
        }
    }

    /// <summary>A pair: bit 7 of a symbol, the lane's branch bit before, chooses the second.</summary>
    public CodingTable(CodingTable first, CodingTable second)
    {
        (_slots, _starts, Frequencies) = (first._slots, first._starts, first.Frequencies);
        Second = second;
    }

    public ushort[] Frequencies { get; }

    /// <summary>Of a pair the table of branch bit 1.</summary>
    public CodingTable? Second { get; }

    /// <summary>Pushes a symbol onto a state; returns true, and the word to write, where the state had to be made smaller first.</summary>
    public bool Encode(int symbol, ref uint x, out ushort word)
    {
        if (Second is not null && symbol >= BranchBit)
        {
            return Second.Encode(symbol & ~BranchBit, ref x, out word);
        }

        symbol &= ~BranchBit;
        uint frequency = Frequencies[symbol];
        var full = x >= frequency << (32 - RansFormat.ScaleBits);
        word = (ushort)x;
        if (full)
        {
            x >>= 16;
        }

        var quotient = x / frequency;
        x = (quotient << RansFormat.ScaleBits) + _slots[_starts[symbol] + (int)(x - (quotient * frequency))];
        return full;
    }
}
