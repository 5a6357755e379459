namespace ModelPack;

/// <summary>
/// The expression of o200k (GPT-4o) and tekken, which cuts where lower case turns into upper case:
/// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+</c>, then the same with <c>+</c> and <c>*</c> exchanged,
/// each with <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)?</c> where asked; then
/// <c>\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class CasedWordStage(int digits, bool contractions) : PreTokenizerStage
{
    private const int Upper = UnicodeClass.Lu | UnicodeClass.Lt | UnicodeClass.Lm | UnicodeClass.Lo | UnicodeClass.Mark;
    private const int Lower = UnicodeClass.Ll | UnicodeClass.Lm | UnicodeClass.Lo | UnicodeClass.Mark;
    private const int Rest = ~(UnicodeClass.Space | UnicodeClass.Letter | UnicodeClass.Number);

    public override int Next(ReadOnlySpan<byte> text)
    {
        var word = Word(text);
        if (word > 0)
        {
            return word + (contractions ? Scan.Contraction(text, word, ignoreCase: true) : 0);
        }

        if ((Scan.Class(text, 0) & UnicodeClass.Number) != 0)
        {
            return Scan.Run(text, 0, UnicodeClass.Number, digits);
        }

        var start = text[0] == ' ' ? 1 : 0;
        return (Scan.Class(text, start) & Rest) != 0
            ? Scan.Run(text, Scan.Run(text, start, Rest), "\r\n/"u8)
            : Scan.WhiteSpace(text, newlines: true);
    }

    private static int Word(ReadOnlySpan<byte> text)
    {
        var first = Scan.Class(text, 0, out var length);
        var prefix = (first & (UnicodeClass.Letter | UnicodeClass.Number)) == 0 && text[0] is not ((byte)'\r' or (byte)'\n') ? length : 0;

        // In the order in which a backtracking matcher tries them.
        var end = prefix > 0 ? UpperThenLower(text, prefix) : 0;
        end = end > 0 ? end : UpperThenLower(text, 0);
        end = end > 0 ? end : prefix > 0 ? UpperRun(text, prefix) : 0;
        return end > 0 ? end : UpperRun(text, 0);
    }

    /// <summary><c>Upper*Lower+</c>: where nothing of Lower follows, the run gives back what is after its last member that is both.</summary>
    private static int UpperThenLower(ReadOnlySpan<byte> text, int at)
    {
        var afterShared = 0;
        int found;
        while (((found = Scan.Class(text, at, out var length)) & Upper) != 0)
        {
            at += length;
            afterShared = (found & Lower) != 0 ? at : afterShared;
        }

        return (found & Lower) != 0 ? Scan.Run(text, at, Lower) : afterShared;
    }

    /// <summary><c>Upper+Lower*</c>, tried only where no lower case letter follows the run.</summary>
    private static int UpperRun(ReadOnlySpan<byte> text, int at)
    {
        var end = Scan.Run(text, at, Upper);
        return end > at ? end : 0;
    }
}
