using System.Text;

namespace ModelPack.Templates;

/// <summary>Letters' case and kind, character by character. (Of the few letters that become several, only ß does here.)</summary>
internal static class LetterCase
{
    public static TemplateValue Apply(TemplateValue value, string method)
    {
        var text = value.Text;
        var changed = new StringBuilder(text.Length);
        var afterLetter = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var upper = method switch
            {
                "upper" => true,
                "title" => !afterLetter,
                "capitalize" => changed.Length == 0,
                "swapcase" => Rune.IsLower(rune),
                _ => false,
            };
            changed.Append(upper ? Upper(rune, method) : Rune.ToLowerInvariant(rune).ToString());
            afterLetter = Rune.IsLetter(rune);
        }

        var result = changed.ToString();
        if (value.Literal.Length == 0 && !value.IsMarkup)
        {
            return result;
        }

        // Spans stay where they are unless a letter has become longer or shorter; then all counts as the message's.
        return TemplateValue.Of(new MarkedText(result, result.Length == text.Length ? value.Literal.ToArray() : value.Literal.Length > 0 ? [0, result.Length] : [], value.IsMarkup));
    }

    public static TemplateValue Is(string text, string method) => method switch
    {
        "isascii" => text.All(char.IsAscii),
        "isupper" => All(text, r => !Rune.IsLower(r)) && text.EnumerateRunes().Any(Rune.IsUpper),
        "islower" => All(text, r => !Rune.IsUpper(r)) && text.EnumerateRunes().Any(Rune.IsLower),
        "isspace" => All(text, r => r.IsBmp && StringMethods.IsSpace((char)r.Value)),
        "isalpha" => All(text, Rune.IsLetter),
        "isalnum" => All(text, r => Rune.IsLetter(r) || Rune.IsNumber(r)),
        "isnumeric" => All(text, Rune.IsNumber),
        _ => All(text, Rune.IsDigit),
    };

    private static bool All(string text, Func<Rune, bool> test) => text.Length > 0 && text.EnumerateRunes().All(test);

    private static string Upper(Rune rune, string method) => rune.Value == 'ß' ? method is "upper" or "swapcase" ? "SS" : "Ss" : Rune.ToUpperInvariant(rune).ToString();
}
