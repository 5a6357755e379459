namespace ModelPack;

/// <summary>
/// The expression of cl100k and its relatives (Llama 3, Qwen):
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// with a number of digits, and letters or letters and marks.
/// </summary>
internal sealed class Cl100kStage(int digits, int word = UnicodeClass.Letter) : PreTokenizerStage
{
    private readonly int _rest = ~(UnicodeClass.Space | UnicodeClass.Number | word);

    public override int Next(ReadOnlySpan<byte> text)
    {
        var contraction = Scan.Contraction(text, 0, ignoreCase: true);
        if (contraction > 0)
        {
            return contraction;
        }

        var first = Scan.Class(text, 0, out var length);
        if ((first & word) != 0)
        {
            return Scan.Run(text, length, word);
        }

        if ((first & UnicodeClass.Number) != 0)
        {
            return Scan.Run(text, 0, UnicodeClass.Number, digits);
        }

        if (text[0] is not ((byte)'\r' or (byte)'\n') && (Scan.Class(text, length) & word) != 0)
        {
            return Scan.Run(text, length, word);
        }

        var start = text[0] == ' ' ? 1 : 0;
        return (Scan.Class(text, start) & _rest) != 0
            ? Scan.Run(text, Scan.Run(text, start, _rest), "\r\n"u8)
            : Scan.WhiteSpace(text, newlines: true);
    }
}
