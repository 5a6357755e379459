using System.Globalization;
using System.Text;

namespace ModelPack.Templates;

/// <summary>Values as text: Python's <c>str()</c> and <c>repr()</c>.</summary>
internal static class TemplateRepr
{
    /// <summary>As <c>{{ value }}</c> shows it: a string.</summary>
    public static TemplateValue Display(TemplateValue value)
    {
        switch (value.Kind)
        {
            case TemplateKind.String:
                return value;
            case TemplateKind.Undefined:
                return "";
            default:
                var text = new TemplateText();
                Append(text, value, 0);
                return text.ToValue();
        }
    }

    /// <summary>As Python shows it inside a list.</summary>
    public static TemplateValue Repr(TemplateValue value)
    {
        var text = new TemplateText();
        Append(text, value, 0);
        return text.ToValue();
    }

    /// <summary>HTML's special characters as Jinja2's <c>escape</c> writes them; Markup stays as it is.</summary>
    public static TemplateValue Escape(TemplateValue text)
    {
        if (text.IsMarkup)
        {
            return text;
        }

        var escaped = new TemplateText();
        var isLiteral = text.Literal.Length > 0;
        foreach (var c in text.Text)
        {
            escaped.Append(
                c switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '"' => "&#34;", '\'' => "&#39;", _ => c.ToString() },
                isLiteral);
        }

        return escaped.ToValue(isMarkup: true);
    }

    /// <summary>The fewest digits that give the same number, in Python's form.</summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var candidate = value.ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) == value)
            {
                shortest = candidate;
                break;
            }
        }

        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = shortest[0] == '-' ? "-" : "";
        var digits = shortest[sign.Length..e].Replace(".", "", StringComparison.Ordinal);
        return sign + exponent switch
        {
            < -4 or >= 16 => $"{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}",
            < 0 => "0." + new string('0', -exponent - 1) + digits,
            _ when digits.Length <= exponent + 1 => digits + new string('0', exponent + 1 - digits.Length) + ".0",
            _ => digits[..(exponent + 1)] + "." + digits[(exponent + 1)..],
        };
    }

    private static void Append(TemplateText text, TemplateValue value, int depth)
    {
        TemplateOrder.CheckDepth(depth);
        switch (value.Kind)
        {
            case TemplateKind.String:
                AppendString(text, value);
                break;
            case TemplateKind.List:
                Append(text, "[", value.Sequence, "]", depth);
                break;
            case TemplateKind.Tuple:
                Append(text, "(", value.Sequence, value.Sequence.Length == 1 ? ",)" : ")", depth);
                break;
            case TemplateKind.Map:
                AppendMap(text, value.Entries, depth);
                break;
            case TemplateKind.Namespace:
                text.Append("<Namespace ");
                AppendMap(text, value.Entries, depth);
                text.Append(">");
                break;
            default:
                text.Append(Scalar(value));
                break;
        }
    }

    private static string Scalar(TemplateValue value) => value.Kind switch
    {
        TemplateKind.None => "None",
        TemplateKind.Boolean => value.IsTrue ? "True" : "False",
        TemplateKind.Integer => value.Integer.ToString(CultureInfo.InvariantCulture),
        TemplateKind.Float => Float(value.Number),
        TemplateKind.Function => $"<Macro '{value.Callable.Name}'>",
        TemplateKind.Loop => $"<LoopContext {value.LoopState.Index}/{value.LoopState.Length}>",
        _ => "Undefined",
    };

    private static void Append(TemplateText text, string open, TemplateValue[] items, string close, int depth)
    {
        text.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Append(text, items[i], depth + 1);
        }

        text.Append(close);
    }

    private static void AppendMap(TemplateText text, TemplateMap map, int depth)
    {
        text.Append("{");
        var separator = "";
        foreach (var (key, value) in map.Entries)
        {
            text.Append(separator);
            Append(text, key, depth + 1);
            text.Append(": ");
            Append(text, value, depth + 1);
            separator = ", ";
        }

        text.Append("}");
    }

    private static void AppendString(TemplateText text, TemplateValue value)
    {
        var source = value.Text;
        var quote = source.Contains('\'', StringComparison.Ordinal) && !source.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var escaped = new StringBuilder(source.Length + 2).Append(quote);
        foreach (var rune in source.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                var c when c == quote => escaped.Append('\\').Append(quote),
                ' ' => escaped.Append(' '),
                var c when IsPrintable(rune) => escaped.Append(char.ConvertFromUtf32(c)),
                < 0x100 and var c => escaped.Append($"\\x{c:x2}"),
                < 0x10000 and var c => escaped.Append($"\\u{c:x4}"),
                var c => escaped.Append($"\\U{c:x8}"),
            };
        }

        text.Append((value.IsMarkup ? "Markup(" : "") + escaped.Append(quote) + (value.IsMarkup ? ")" : ""), isLiteral: value.Literal.Length > 0);
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
