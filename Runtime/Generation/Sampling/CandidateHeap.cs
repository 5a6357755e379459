namespace ModelPack;

/// <summary>A binary heap of candidates' places, in an array the caller owns.</summary>
internal static class CandidateHeap
{
    /// <summary>Makes <paramref name="heap"/> a heap, whatever its order was.</summary>
    public static void Build(Candidates candidates, Span<int> heap, bool bestFirst)
    {
        for (var i = (heap.Length / 2) - 1; i >= 0; i--)
        {
            SiftDown(candidates, heap, i, bestFirst);
        }
    }

    /// <summary>Moves the item at <paramref name="at"/> down until both its children belong below it: the best token on top, or the worst.</summary>
    public static void SiftDown(Candidates candidates, Span<int> heap, int at, bool bestFirst)
    {
        if (heap.IsEmpty)
        {
            return;
        }

        var item = heap[at];
        for (var child = (2 * at) + 1; child < heap.Length; child = (2 * at) + 1)
        {
            if (child + 1 < heap.Length && candidates.Before(heap[child + 1], heap[child]) == bestFirst)
            {
                child++;
            }

            if (candidates.Before(heap[child], item) != bestFirst)
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        heap[at] = item;
    }
}
