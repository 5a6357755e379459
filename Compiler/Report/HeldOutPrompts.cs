namespace ModelPack.Compiler.Report;

/// <summary>Beginnings of sentences from the ends of the calibration texts, which calibration does not look at.</summary>
internal static class HeldOutPrompts
{
    /// <summary>A little less than the tenth of the tokens that is held out: characters are not spread quite as tokens are.</summary>
    private const double HeldOut = 0.08;

    private const int LongestPrompt = 90;

    /// <param name="texts">Calibration texts.</param>
    /// <param name="count">Prompts wanted; fewer where there is no text for them.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> texts, int count)
    {
        var prompts = new List<string>();
        for (var i = 0; i < count && texts.Count > 0; i++)
        {
            var text = texts[texts.Count >= count ? i * texts.Count / count : i % texts.Count];
            var held = text.AsSpan(text.Length - (int)(HeldOut * text.Length));
            var prompt = Sentence(held[(held.Length * i / count)..]);
            if (prompt.Length > 0 && !prompts.Contains(prompt))
            {
                prompts.Add(prompt);
            }
        }

        return prompts;
    }

    /// <summary>From the first letter that begins a sentence to the last whole word that a prompt has room for.</summary>
    private static string Sentence(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && !Begins(text, start))
        {
            start++;
        }

        // Scripts without capitals: from any word.
        start = start < text.Length ? start : text.IndexOf(' ') + 1;
        var rest = text[start..];
        var line = rest.IndexOfAny('\r', '\n');
        rest = line > LongestPrompt / 3 ? rest[..line] : rest;
        if (rest.Length > LongestPrompt)
        {
            var end = rest[..LongestPrompt].LastIndexOf(' ');
            rest = rest[..(end > 0 ? end : char.IsHighSurrogate(rest[LongestPrompt - 1]) ? LongestPrompt - 1 : LongestPrompt)];
        }

        return rest.Trim().ToString();
    }

    private static bool Begins(ReadOnlySpan<char> text, int at) =>
        at > 1 && char.IsUpper(text[at]) && (text[at - 1] == '\n' || (text[at - 1] == ' ' && text[at - 2] is '.' or '!' or '?')) && text.Length - at > LongestPrompt / 2;
}
