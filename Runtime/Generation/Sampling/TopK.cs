namespace ModelPack;

/// <summary>Keeps the K best tokens (Fan, Lewis and Dauphin 2018), among equal logits those of lower id.</summary>
internal static class TopK
{
    /// <summary>
    /// A heap of the K best so far with the worst of them on top: most tokens are done with after one comparison, so this is O(V) in practice, O(V log K) at worst.
    /// </summary>
    public static void Apply(Candidates candidates, int k)
    {
        if (k >= candidates.Count)
        {
            return;
        }

        var heap = candidates.Scratch.AsSpan(0, k);
        for (var i = 0; i < k; i++)
        {
            heap[i] = i;
        }

        CandidateHeap.Build(candidates, heap, bestFirst: false);

        var logits = candidates.Logits;
        var worst = logits[heap[0]];
        for (var i = k; i < candidates.Count; i++)
        {
            // An equal one has a higher id than all before it, so it comes after them.
            if (logits[i] > worst)
            {
                heap[0] = i;
                CandidateHeap.SiftDown(candidates, heap, 0, bestFirst: false);
                worst = logits[heap[0]];
            }
        }

        candidates.KeepUpTo(heap[0]);
    }
}
