using System.Buffers;

namespace ModelPack;

/// <summary>
/// Unicode normalisation form C (UAX #15), which some tokenizers (Qwen's) apply to text: decompose, order marks, compose.
/// Own tables, because <c>string.Normalize</c> needs ICU or the operating system. NFD and the compatibility forms would join here.
/// </summary>
internal static partial class CanonicalComposition
{
    private const uint SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    private const uint LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    /// <summary>Whether <paramref name="text"/> (UTF-8) is certainly in form C; almost all text is.</summary>
    public static bool IsSurelyComposed(ReadOnlySpan<byte> text)
    {
        // Nothing below U+0300 (whose first byte is 0xCC) changes or combines to the left.
        while (true)
        {
            var next = text.IndexOfAnyInRange((byte)0xCC, (byte)0xFF);
            if (next < 0)
            {
                return true;
            }

            text = text[next..];
            if (UnicodeClass.NeedsComposition(Utf8.Decode(text, out var length)))
            {
                return false;
            }

            text = text[length..];
        }
    }

    /// <summary>Form C of <paramref name="text"/> (UTF-8), appended to <paramref name="output"/>.</summary>
    public static void Append(ReadOnlySpan<byte> text, PooledList<byte> output)
    {
        using var points = new PooledList<uint>(text.Length);
        using var ranks = new PooledList<byte>(text.Length);
        while (!text.IsEmpty)
        {
            Decompose(Utf8.Decode(text, out var length), points, ranks);
            text = text[length..];
        }

        OrderMarks(points.Span, ranks.Span);
        var count = Compose(points.Span, ranks.Span);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var point in points.Span[..count])
        {
            output.AddRange(bytes[..Utf8.Encode(point, bytes)]);
        }
    }

    private static void Decompose(uint point, PooledList<uint> points, PooledList<byte> ranks)
    {
        if (point - SBase < SCount)
        {
            var syllable = point - SBase;
            Add(LBase + (syllable / (VCount * TCount)));
            Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount != 0)
            {
                Add(TBase + (syllable % TCount));
            }

            return;
        }

        var found = point < 0xC0 ? -1 : Decomposable.BinarySearch(point);
        if (found < 0)
        {
            Add(point);
            return;
        }

        foreach (var part in Decompositions[DecompositionStart[found]..DecompositionStart[found + 1]])
        {
            Add(part);
        }

        void Add(uint one)
        {
            points.Add(one);
            ranks.Add(Rank(one));
        }
    }

    /// <summary>0 for a starter, else the position of its combining class among all.</summary>
    private static byte Rank(uint point)
    {
        if (point < 0x300)
        {
            return 0;
        }

        int low = 0, high = (OrderRanges.Length / 3) - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (point < OrderRanges[middle * 3])
            {
                high = middle - 1;
            }
            else if (point > OrderRanges[(middle * 3) + 1])
            {
                low = middle + 1;
            }
            else
            {
                return (byte)OrderRanges[(middle * 3) + 2];
            }
        }

        return 0;
    }

    /// <summary>Sorts every run of marks by class, stably; counting, so that a text of nothing but marks takes no square of its length.</summary>
    private static void OrderMarks(Span<uint> points, Span<byte> ranks)
    {
        Span<int> starts = stackalloc int[257];
        for (var start = 0; start < points.Length;)
        {
            if (ranks[start] == 0)
            {
                start++;
                continue;
            }

            var end = start + 1;
            var ordered = true;
            for (; end < points.Length && ranks[end] != 0; end++)
            {
                ordered &= ranks[end - 1] <= ranks[end];
            }

            if (!ordered)
            {
                SortRun(points[start..end], ranks[start..end], starts);
            }

            start = end;
        }
    }

    private static void SortRun(Span<uint> points, Span<byte> ranks, Span<int> starts)
    {
        starts.Clear();
        foreach (var rank in ranks)
        {
            starts[rank + 1]++;
        }

        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        var sorted = ArrayPool<uint>.Shared.Rent(points.Length);
        var sortedRanks = ArrayPool<byte>.Shared.Rent(points.Length);
        for (var i = 0; i < points.Length; i++)
        {
            var to = starts[ranks[i]]++;
            sorted[to] = points[i];
            sortedRanks[to] = ranks[i];
        }

        sorted.AsSpan(0, points.Length).CopyTo(points);
        sortedRanks.AsSpan(0, points.Length).CopyTo(ranks);
        ArrayPool<uint>.Shared.Return(sorted);
        ArrayPool<byte>.Shared.Return(sortedRanks);
    }

    /// <summary>Composes in place and returns the new count.</summary>
    private static int Compose(Span<uint> points, Span<byte> ranks)
    {
        var starter = -1;
        var count = 0;
        var lastRank = 0;
        for (var i = 0; i < points.Length; i++)
        {
            var (point, rank) = (points[i], ranks[i]);

            // Blocked when something of the same or a higher class, or another starter, stands between.
            var adjacent = starter >= 0 && starter == count - 1;
            if (starter >= 0 && (adjacent || (lastRank != 0 && lastRank < rank)) && TryCompose(points[starter], point, out var composite))
            {
                points[starter] = composite;
                continue;
            }

            if (rank == 0)
            {
                starter = count;
            }

            lastRank = rank;
            points[count++] = point;
        }

        return count;
    }

    private static bool TryCompose(uint first, uint second, out uint composite)
    {
        if (first - LBase < LCount && second - VBase < VCount)
        {
            composite = SBase + ((((first - LBase) * VCount) + (second - VBase)) * TCount);
            return true;
        }

        if (first - SBase < SCount && (first - SBase) % TCount == 0 && second - TBase - 1 < TCount - 1)
        {
            composite = first + (second - TBase);
            return true;
        }

        var found = CompositionPairs.BinarySearch(((ulong)first << 32) | second);
        composite = found < 0 ? 0 : Composites[found];
        return found >= 0;
    }
}
