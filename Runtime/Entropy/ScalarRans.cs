namespace ModelPack.Entropy;

/// <summary>Blocks in plain C#: what every other rung must agree with.</summary>
internal static unsafe class ScalarRans
{
    /// <param name="state">States and place; changed.</param>
    /// <param name="tables">16 tables of each block: 4 · step + vector.</param>
    /// <param name="stride">From the tables of one block to those of the next: 16, or 0 where all have the same.</param>
    /// <param name="output">256 bytes a block: the symbol, and in bit 7 the branch bit after it where lanes follow paths.</param>
    /// <param name="blocks">How many.</param>
    public static void Run<A>(RansState* state, nint* tables, int stride, byte* output, int blocks)
        where A : struct, IAlphabet
    {
        var entries = 1 << A.BucketBits;
        for (; blocks > 0; blocks--)
        {
            for (var i = 0; i < RansFormat.BlockTables; i++)
            {
                int step = i >> 2, vector = i & 3;
                var table = (uint*)tables[i];
                for (var lane = 0; lane < 16; lane++)
                {
                    output[(64 * vector) + (4 * lane) + step] = Symbol<A>(state, (16 * vector) + lane, table, entries);
                }
            }

            tables += stride;
            output += RansFormat.BlockSymbols;
        }
    }

    private static byte Symbol<A>(RansState* state, int lane, uint* table, int entries)
        where A : struct, IAlphabet
    {
        const uint Mask = RansFormat.Scale - 1;
        var x = state->X[lane];
        var slot = x & Mask;
        var bucket = A.IsPath
            ? ((x >> (int)table[RansTable.BucketShift]) & table[RansTable.BucketMask]) | ((state->Branch1[lane] >> (RansTable.SymbolShift - 5)) & table[RansTable.HalfMask])
            : slot >> (RansFormat.ScaleBits - A.BucketBits);

        var entry = table[entries + bucket + (slot >= table[bucket] ? entries : 0)];
        x = ((entry >> RansTable.FrequencyShift) * (x >> RansFormat.ScaleBits)) + ((x + entry) & Mask);
        if (x < RansFormat.LowerBound)
        {
            x = (x << 16) | *state->Words++;
        }

        state->X[lane] = x;
        var symbol = (byte)((entry >> RansTable.SymbolShift) & RansTable.SymbolMask);
        if (A.IsPath)
        {
            var branch = (entry & (1u << RansTable.SymbolShift)) ^ state->Branch2[lane] ^ state->Branch3[lane];
            state->Branch3[lane] = state->EightStates ? state->Branch2[lane] : 0;
            state->Branch2[lane] = state->Branch1[lane];
            state->Branch1[lane] = branch;
            symbol |= (byte)(branch >> (RansTable.SymbolShift - 7));
        }

        return symbol;
    }
}
