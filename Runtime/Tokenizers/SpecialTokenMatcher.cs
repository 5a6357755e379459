namespace ModelPack;

/// <summary>
/// Finds control and user-defined tokens written out in a text: the leftmost, and of those that start there the longest.
/// The tokens lie sorted in the tables, so a match narrows a range byte by byte.
/// </summary>
internal sealed class SpecialTokenMatcher
{
    private readonly TokenizerTables _tables;

    /// <summary>First bytes of all special tokens: what the text is searched for.</summary>
    private readonly byte[] _firsts;

    public SpecialTokenMatcher(TokenizerTables tables)
    {
        _tables = tables;
        Span<byte> firsts = stackalloc byte[256];
        var count = 0;
        for (var first = 0; first < 256; first++)
        {
            var (start, end) = tables.SpecialRange((byte)first);
            if (start < end)
            {
                firsts[count++] = (byte)first;
            }
        }

        _firsts = firsts[..count].ToArray();
    }

    /// <summary>The next special token at or after <paramref name="from"/>.</summary>
    /// <param name="literal">Spans that control tokens may not touch: start and end in turn, ascending. User-defined tokens are found everywhere.</param>
    public bool TryFind(ReadOnlySpan<byte> text, int from, ReadOnlySpan<int> literal, out int start, out int length, out int id)
    {
        for (start = from; ; start++)
        {
            var next = text[start..].IndexOfAny(_firsts);
            if (next < 0)
            {
                (length, id) = (0, -1);
                return false;
            }

            start += next;
            while (literal.Length > 0 && literal[1] <= start)
            {
                literal = literal[2..];
            }

            (length, id) = Longest(text[start..], literal.IsEmpty ? int.MaxValue : literal[0] - start);
            if (length > 0)
            {
                return true;
            }
        }
    }

    /// <param name="controlLength">Control tokens may be this long; 0 or less: none is found.</param>
    private (int Length, int Id) Longest(ReadOnlySpan<byte> text, int controlLength)
    {
        var (low, high) = _tables.SpecialRange(text[0]);
        var best = (Length: 0, Id: -1);
        for (var depth = 1; low < high; depth++)
        {
            // All in [low, high) agree with the text up to depth; the one that ends here, if any, is the first.
            var id = _tables.SpecialId(low, out var token);
            if (token.Length == depth)
            {
                if (depth <= controlLength || (_tables.Attributes(id) & TokenAttributes.TypeMask) == TokenAttributes.UserDefined)
                {
                    best = (depth, id);
                }

                low++;
            }

            if (depth == text.Length)
            {
                break;
            }

            low = Bound(low, high, depth, text[depth]);
            high = text[depth] == 255 ? high : Bound(low, high, depth, text[depth] + 1);
        }

        return best;
    }

    /// <summary>First index in [low, high) whose byte at <paramref name="depth"/> is at least <paramref name="value"/>.</summary>
    private int Bound(int low, int high, int depth, int value)
    {
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            _ = _tables.SpecialId(middle, out var token);
            if (depth < token.Length && token[depth] >= value)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
