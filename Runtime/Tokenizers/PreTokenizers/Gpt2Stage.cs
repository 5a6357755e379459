namespace ModelPack;

/// <summary>GPT-2's expression: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.</summary>
internal sealed class Gpt2Stage : PreTokenizerStage
{
    private const int Rest = ~(UnicodeClass.Space | UnicodeClass.Letter | UnicodeClass.Number);

    public override int Next(ReadOnlySpan<byte> text)
    {
        var contraction = Scan.Contraction(text, 0, ignoreCase: false);
        if (contraction > 0)
        {
            return contraction;
        }

        var start = text[0] == ' ' ? 1 : 0;
        var first = Scan.Class(text, start);
        if (first == 0 || (first & UnicodeClass.Space) != 0)
        {
            return Scan.WhiteSpace(text, newlines: false);
        }

        var set = (first & UnicodeClass.Letter) != 0 ? UnicodeClass.Letter : (first & UnicodeClass.Number) != 0 ? UnicodeClass.Number : Rest;
        return Scan.Run(text, start, set);
    }
}
