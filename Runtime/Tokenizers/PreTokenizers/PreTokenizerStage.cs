namespace ModelPack;

/// <summary>
/// One expression of a pre-tokenizer, written out as a scanner over UTF-8. It divides a text into consecutive pieces:
/// what its expression matches, and what lies between the matches. A stage sees nothing left of where it is asked, and
/// its text's end counts as the end of the text, as when the expressions are applied one after the other.
/// </summary>
internal abstract class PreTokenizerStage
{
    /// <summary>Length in bytes of the first piece of <paramref name="text"/>, which is not empty; at least 1.</summary>
    public abstract int Next(ReadOnlySpan<byte> text);
}

/// <summary>A stage whose expression does not match everywhere; what is between is found by trying at each code point (a failed try must be cheap).</summary>
internal abstract class MatchingStage : PreTokenizerStage
{
    /// <summary>Length of the match at the start of <paramref name="text"/>, or 0.</summary>
    protected abstract int Match(ReadOnlySpan<byte> text);

    public sealed override int Next(ReadOnlySpan<byte> text)
    {
        var match = Match(text);
        if (match > 0)
        {
            return match;
        }

        var at = 0;
        do
        {
            at += Scan.Step(text, at);
        }
        while (at < text.Length && Match(text[at..]) == 0);
        return at;
    }
}
