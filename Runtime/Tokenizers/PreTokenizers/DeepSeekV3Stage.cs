namespace ModelPack;

/// <summary>
/// DeepSeek-V3's main expression, after digits and CJK runs are cut off:
/// <c>[!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class DeepSeekV3Stage : MatchingStage
{
    private const int Word = UnicodeClass.Letter | UnicodeClass.Mark;
    private const int Signs = UnicodeClass.Punctuation | UnicodeClass.Symbol;

    protected override int Match(ReadOnlySpan<byte> text)
    {
        var first = Scan.Class(text, 0, out var length);
        if (text[0] < 0x80 && (first & Signs) != 0 && text.Length > 1 && char.IsAsciiLetter((char)text[1]))
        {
            var end = 2;
            while (end < text.Length && char.IsAsciiLetter((char)text[end]))
            {
                end++;
            }

            return end;
        }

        if ((first & Word) != 0)
        {
            return Scan.Run(text, length, Word);
        }

        if ((first & Signs) == 0 && text[0] is not ((byte)'\r' or (byte)'\n') && (Scan.Class(text, length) & Word) != 0)
        {
            return Scan.Run(text, length, Word);
        }

        var start = text[0] == ' ' ? 1 : 0;
        if ((Scan.Class(text, start) & Signs) != 0)
        {
            return Scan.Run(text, Scan.Run(text, start, Signs), "\r\n"u8);
        }

        return (first & UnicodeClass.Space) != 0 ? Scan.WhiteSpace(text, newlines: true) : 0;
    }
}
