namespace ModelPack.Entropy;

/// <summary>Plain C#: the definition.</summary>
internal unsafe struct ScalarRansRung : IRansRung
{
    public static ushort* Decode(uint** tables, uint* states, ushort* words, int steps, byte* symbols)
    {
        for (var step = 0; step < steps; step++)
        {
            var table = tables[step];
            for (var lane = 0; lane < RansStream.Lanes; lane++)
            {
                var x = states[lane];
                var bucket = (x >> RansTable.BucketBits) & (RansTable.Symbols - 1);
                var low = x & (RansTable.BucketSlots - 1);
                var entry = table[RansTable.EntriesOffset + bucket + (low >= table[bucket] ? RansTable.Symbols : 0)];
                x = ((entry & 0x1FFF) * (x >> RansTable.ProbabilityBits)) + low + (entry >> 17) - RansTable.BucketSlots;
                if (x < RansStream.Low)
                {
                    x = (x << 16) | *words++;
                }

                states[lane] = x;
                symbols[(4 * (lane & 15)) + (lane >> 4)] = (byte)((entry >> 13) & 15);
            }

            symbols += RansStream.Lanes;
        }

        return words;
    }
}
