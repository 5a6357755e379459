using ModelPack.Entropy;

namespace ModelPack.Compiler.Entropy;

/// <summary>The encoder of <see cref="RansStream"/>: symbols from the last to the first, so that the decoder reads forward.</summary>
internal sealed class RansEncoder
{
    private readonly uint[] _states = new uint[RansStream.Lanes];
    private readonly List<ushort> _reversed = [];

    public RansEncoder() => Array.Fill(_states, RansStream.Low);

    /// <summary>Puts the 64 symbols of a step in front of those already encoded.</summary>
    /// <param name="table">The table that the decoder will use for this step.</param>
    /// <param name="map">The table's slots, see <see cref="SlotMap"/>.</param>
    /// <param name="symbols">[64], byte 4·i + v belongs to lane 16·v + i.</param>
    public void PutStep(RansTable table, SlotMap map, ReadOnlySpan<byte> symbols)
    {
        for (var lane = RansStream.Lanes - 1; lane >= 0; lane--)
        {
            var symbol = symbols[(4 * (lane & 15)) + (lane >> 4)];
            uint frequency = table.Frequencies[symbol];
            var x = _states[lane];
            if (x >= (ulong)frequency << (32 - RansTable.ProbabilityBits))
            {
                _reversed.Add((ushort)x);
                x >>= 16;
            }

            _states[lane] = ((x / frequency) << RansTable.ProbabilityBits) + map.Slot(symbol, (int)(x % frequency));
        }
    }

    /// <summary>The states that the decoder begins with, and the words in its order.</summary>
    public (uint[] States, ushort[] Words) Finish()
    {
        var words = _reversed.ToArray();
        Array.Reverse(words);
        return ((uint[])_states.Clone(), words);
    }
}

/// <summary>For each symbol, the slots that stand for it, by index.</summary>
internal sealed class SlotMap
{
    private readonly ushort[] _slots = new ushort[RansTable.Slots];
    private readonly int[] _start = new int[RansTable.Symbols];

    public SlotMap(RansTable table)
    {
        for (var s = 1; s < RansTable.Symbols; s++)
        {
            _start[s] = _start[s - 1] + table.Frequencies[s - 1];
        }

        for (var slot = 0; slot < RansTable.Slots; slot++)
        {
            int bucket = slot >> RansTable.BucketBits, low = slot & (RansTable.BucketSlots - 1);
            var entry = table.Words[RansTable.EntriesOffset + bucket + (low >= table.Words[bucket] ? RansTable.Symbols : 0)];
            _slots[_start[(entry >> 13) & 15] + low + (int)(entry >> 17) - RansTable.BucketSlots] = (ushort)slot;
        }
    }

    public uint Slot(int symbol, int index) => _slots[_start[symbol] + index];
}
