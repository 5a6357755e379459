namespace ModelPack;

/// <summary>Nucleus sampling (Holtzman et al. 2020): keeps the fewest best tokens whose weights reach a part p of the total.</summary>
internal static class TopP
{
    /// <summary>
    /// Takes the best tokens from a heap until they reach p: O(V) and a few O(log V), not a sort. Needs <see cref="Candidates.Weights"/>.
    /// </summary>
    public static void Apply(Candidates candidates, float p)
    {
        var total = candidates.TotalWeight();
        var wanted = p * total;

        // Tokens below (1 − p)·total/V together weigh less than (1 − p)·total: p is reached before any of them is needed.
        // Half of that leaves room for rounding (1 − p is at least 2^−24). This keeps nearly all of a large vocabulary out of the heap.
        var least = 0.5 * (1.0 - p) * total / candidates.Count;
        var heap = candidates.Scratch;
        var count = 0;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.Weights[i] >= least)
            {
                heap[count++] = i;
            }
        }

        CandidateHeap.Build(candidates, heap.AsSpan(0, count), bestFirst: true);

        var (sum, last) = (0.0, heap[0]);
        while (count > 0)
        {
            last = heap[0];
            sum += candidates.Weights[last];
            if (sum >= wanted)
            {
                break;
            }

            heap[0] = heap[--count];
            CandidateHeap.SiftDown(candidates, heap.AsSpan(0, count), 0, bestFirst: true);
        }

        candidates.KeepUpTo(last);
    }
}
