namespace ModelPack;

/// <summary>
/// Finds stop strings in text that arrives in pieces: text that could be the beginning of one is held back until it is known. The result does not depend on where
/// the pieces are cut: the stop string that is complete first wins, and of two that end together the longer.
/// </summary>
internal sealed class StopStringFilter(IReadOnlyList<string> stopStrings)
{
    private readonly int _longest = stopStrings.Count == 0 ? 0 : stopStrings.Max(s => s.Length);
    private string _held = "";

    /// <summary>Whether a stop string has appeared.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The text that can be given out now.</summary>
    public string Append(string piece)
    {
        if (Stopped || piece.Length == 0)
        {
            return "";
        }

        if (stopStrings.Count == 0)
        {
            return piece;
        }

        var text = _held.Length == 0 ? piece : _held + piece;
        var stop = FirstStop(text);
        if (stop >= 0)
        {
            Stopped = true;
            _held = "";
            return text[..stop];
        }

        var safe = text.Length - HoldBack(text);
        _held = text[safe..];
        return text[..safe];
    }

    /// <summary>What was held back; call at the end.</summary>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>Start of the stop string whose end comes first, or −1.</summary>
    private int FirstStop(string text)
    {
        var (start, end) = (-1, int.MaxValue);
        foreach (var stop in stopStrings)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length < end || (at + stop.Length == end && at < start)))
            {
                (start, end) = (at, at + stop.Length);
            }
        }

        return start;
    }

    /// <summary>Length of the longest end of <paramref name="text"/> with which a stop string begins.</summary>
    private int HoldBack(string text)
    {
        for (var length = Math.Min(_longest - 1, text.Length); length > 0; length--)
        {
            var end = text.AsSpan(text.Length - length);
            foreach (var stop in stopStrings)
            {
                if (stop.Length > length && stop.AsSpan().StartsWith(end, StringComparison.Ordinal))
                {
                    return length;
                }
            }
        }

        return 0;
    }
}
