namespace ModelPack;

/// <summary>What two neighbouring symbols become.</summary>
internal interface IPairSource
{
    /// <summary>Whether the symbols merge; the lowest <paramref name="priority"/> goes first.</summary>
    /// <param name="left">Token of the left symbol, −1 for none.</param>
    /// <param name="right">Token of the right symbol.</param>
    /// <param name="text">Bytes of both.</param>
    bool TryMerge(int left, int right, ReadOnlySpan<byte> text, out int merged, out uint priority);
}

/// <summary>
/// Merges neighbouring symbols, best pair first, leftmost among equals, until none is left: byte-pair encoding (Sennrich et al. 2016),
/// both by rank and, as SentencePiece has it, by score. A linked list and a heap: n log n for one word of any length.
/// </summary>
internal sealed class SymbolMerger : IDisposable
{
    private const uint Nothing = uint.MaxValue;
    private readonly PooledList<Symbol> _symbols = new(64);
    private readonly MergeHeap _heap = new(64);

    public void Clear()
    {
        _symbols.Clear();
        _heap.Clear();
    }

    /// <summary>Appends a symbol that starts at byte <paramref name="start"/>.</summary>
    public void Add(int start, int id) => _symbols.Add(new Symbol { Start = start, Id = id, Previous = _symbols.Count - 1, Next = _symbols.Count + 1, Priority = Nothing });

    public void Merge<TPairs>(ReadOnlySpan<byte> text, TPairs pairs)
        where TPairs : struct, IPairSource
    {
        var symbols = _symbols.Span;
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(symbols, i, text, pairs);
        }

        while (_heap.TryPop(out var priority, out var at))
        {
            // Overtaken by another merge: the pair that starts here is gone or has become another one.
            ref var left = ref symbols[at];
            if (left.Priority != priority)
            {
                continue;
            }

            ref var right = ref symbols[left.Next];
            left.Id = left.Merged;
            left.Next = right.Next;
            right.Priority = Nothing;
            if (left.Next < symbols.Length)
            {
                symbols[left.Next].Previous = at;
            }

            Offer(symbols, at, text, pairs);
            if (left.Previous >= 0)
            {
                Offer(symbols, left.Previous, text, pairs);
            }
        }
    }

    /// <summary>Walks what is left: (token or −1, bytes).</summary>
    public bool TryTake(ref int at, ReadOnlySpan<byte> text, out int id, out ReadOnlySpan<byte> bytes)
    {
        var symbols = _symbols.Span;
        if (at >= symbols.Length)
        {
            id = -1;
            bytes = default;
            return false;
        }

        id = symbols[at].Id;
        bytes = text[symbols[at].Start..End(symbols, at, text)];
        at = symbols[at].Next;
        return true;
    }

    public void Dispose()
    {
        _symbols.Dispose();
        _heap.Dispose();
    }

    private static int End(Span<Symbol> symbols, int at, ReadOnlySpan<byte> text) =>
        symbols[at].Next < symbols.Length ? symbols[symbols[at].Next].Start : text.Length;

    private void Offer<TPairs>(Span<Symbol> symbols, int at, ReadOnlySpan<byte> text, TPairs pairs)
        where TPairs : struct, IPairSource
    {
        ref var left = ref symbols[at];
        left.Priority = Nothing;
        if (left.Next < symbols.Length
            && pairs.TryMerge(left.Id, symbols[left.Next].Id, text[left.Start..End(symbols, left.Next, text)], out left.Merged, out var priority)
            && priority != Nothing)
        {
            left.Priority = priority;
            _heap.Push(priority, at);
        }
    }

    private struct Symbol
    {
        public int Start;
        public int Id;
        public int Previous;
        public int Next;
        public int Merged;
        public uint Priority;
    }
}
