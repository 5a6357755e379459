namespace ModelPack;

/// <summary>A binary min-heap of numbers: priority in the upper half, position in the lower, so that ties go to the left.</summary>
internal sealed class MergeHeap(int capacity) : IDisposable
{
    private readonly PooledList<ulong> _items = new(capacity);

    public void Push(uint priority, int position)
    {
        var item = ((ulong)priority << 32) | (uint)position;
        _items.Add(item);
        var heap = _items.Span;
        var at = heap.Length - 1;
        while (at > 0 && heap[(at - 1) >> 1] > item)
        {
            heap[at] = heap[(at - 1) >> 1];
            at = (at - 1) >> 1;
        }

        heap[at] = item;
    }

    public bool TryPop(out uint priority, out int position)
    {
        var heap = _items.Span;
        if (heap.Length == 0)
        {
            (priority, position) = (0, 0);
            return false;
        }

        (priority, position) = ((uint)(heap[0] >> 32), (int)heap[0]);
        var item = heap[^1];
        _items.RemoveLast();
        heap = heap[..^1];
        var at = 0;
        while ((2 * at) + 1 < heap.Length)
        {
            var child = (2 * at) + 1;
            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[child] >= item)
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        if (heap.Length > 0)
        {
            heap[at] = item;
        }

        return true;
    }

    public void Clear() => _items.Clear();

    public void Dispose() => _items.Dispose();
}
