namespace ModelPack.Compiler.Tokenizers;

/// <summary>
/// Hash and displace (Belazzougui, Botelho, Dietzfelbinger 2009): keys fall into buckets, and each bucket, largest first, gets the first
/// displacement that sends all its keys to free slots. A look-up then reads one displacement and one slot.
/// </summary>
/// <param name="Displacements">One a bucket.</param>
/// <param name="SlotOf">Slot of each key, in the order given.</param>
/// <param name="Slots">Number of slots.</param>
internal sealed record PerfectHash(ushort[] Displacements, int[] SlotOf, int Slots)
{
    private const int KeysPerBucket = 4;

    /// <summary>Null where two hashes are equal or luck runs out: try another seed.</summary>
    public static PerfectHash? TryBuild(ulong[] hashes)
    {
        if (hashes.Length == 0)
        {
            return new([], [], 0);
        }

        var bucketCount = (hashes.Length / KeysPerBucket) + 1;
        var slots = hashes.Length + (hashes.Length / 32) + 1;
        var buckets = new List<int>[bucketCount];
        for (var key = 0; key < hashes.Length; key++)
        {
            (buckets[TableHash.Bucket(hashes[key], bucketCount)] ??= []).Add(key);
        }

        var displacements = new ushort[bucketCount];
        var slotOf = new int[hashes.Length];
        var taken = new bool[slots];
        foreach (var bucket in Enumerable.Range(0, bucketCount).Where(b => buckets[b] is not null).OrderByDescending(b => buckets[b].Count))
        {
            var displacement = 0;
            while (!TryPlace(buckets[bucket], displacement, hashes, taken, slotOf, slots))
            {
                if (++displacement > ushort.MaxValue)
                {
                    return null;
                }
            }

            displacements[bucket] = (ushort)displacement;
        }

        return new(displacements, slotOf, slots);
    }

    private static bool TryPlace(List<int> keys, int displacement, ulong[] hashes, bool[] taken, int[] slotOf, int slots)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            var slot = TableHash.Slot(hashes[keys[i]], displacement, slots);
            if (taken[slot])
            {
                for (var j = 0; j < i; j++)
                {
                    taken[slotOf[keys[j]]] = false;
                }

                return false;
            }

            taken[slot] = true;
            slotOf[keys[i]] = slot;
        }

        return true;
    }
}
