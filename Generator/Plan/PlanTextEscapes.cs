using System.Globalization;
using System.Text;

namespace ModelPack.Plan;

/// <summary>Strings in quotes: C#'s escapes for what would break a line, an encoding or a reader's eye.</summary>
internal static class PlanTextEscapes
{
    public static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (char.IsSurrogatePair(value, i))
            {
                text.Append(c).Append(value[++i]);
            }
            else if (IsPlain(c))
            {
                text.Append(c);
            }
            else
            {
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
        }

        text.Append('"');
    }

    /// <summary>
    /// The value of the string in quotes that starts at <paramref name="start"/>, or null; <paramref name="position"/> is then where it went wrong,
    /// otherwise the position after the closing quote.
    /// </summary>
    public static string? ReadQuoted(string text, int start, int end, out int position)
    {
        position = start;
        if (position >= end || text[position] != '"')
        {
            return null;
        }

        var value = new StringBuilder();
        for (position++; position < end && value.Length <= PlanText.MaxStringLength; position++)
        {
            var c = text[position];
            if (c == '"')
            {
                position++;
                return value.ToString();
            }

            if (c != '\\')
            {
                value.Append(c);
            }
            else if (position + 1 < end && text[position + 1] is '"' or '\\')
            {
                value.Append(text[++position]);
            }
            else if (position + 5 < end && text[position + 1] == 'u' && TryHex(text, position + 2, 4, out var code))
            {
                value.Append((char)code);
                position += 5;
            }
            else
            {
                return null;
            }
        }

        return null;
    }

    public static bool TryHex(string text, int start, int digits, out uint value)
    {
        value = 0;
        for (var i = start; i < start + digits; i++)
        {
            var c = text[i];
            var digit = c is >= '0' and <= '9' ? c - '0' : c is >= 'a' and <= 'f' ? c - 'a' + 10 : c is >= 'A' and <= 'F' ? c - 'A' + 10 : -1;
            if (digit < 0)
            {
                return false;
            }

            value = (value << 4) | (uint)digit;
        }

        return true;
    }

    /// <summary>Control and format characters (bidirectional overrides hide text), line separators, lone surrogates and private use are escaped.</summary>
    public static bool IsPlain(char c) => c is >= ' ' and <= '~' || char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
