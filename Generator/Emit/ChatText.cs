using System.Collections.Generic;
using System.Globalization;
using System.Text;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>A template's text and names as C# wants them.</summary>
internal static class ChatText
{
    private const int LongLine = 100;

    /// <summary>A string literal; line ends as <c>\n</c>.</summary>
    public static string Literal(string value)
    {
        var text = new StringBuilder();
        var start = 0;
        for (var i = 0; i <= value.Length; i++)
        {
            var escape = i == value.Length ? "" : value[i] switch { '\n' => "\\n", '\t' => "\\t", '\r' => "\\r", _ => null };
            if (escape is not null)
            {
                var quoted = CSharpText.String(value.Substring(start, i - start));
                text.Append(quoted, 1, quoted.Length - 2).Append(escape);
                start = i + 1;
            }
        }

        return text.Insert(0, '"').Append('"').ToString();
    }

    /// <summary>A literal in pieces, one for each line of a long text.</summary>
    public static IReadOnlyList<string> Lines(string value)
    {
        var pieces = new List<string>();
        var start = 0;
        while (value.Length > LongLine && start < value.Length)
        {
            var end = value.IndexOf('\n', start);
            // Short lines stay together.
            while (end >= 0 && end - start < LongLine / 2 && end + 1 < value.Length && value.IndexOf('\n', end + 1) is >= 0 and var next)
            {
                end = next;
            }

            end = end < 0 ? value.Length : end + 1;
            pieces.Add(Literal(value.Substring(start, end - start)));
            start = end;
        }

        return pieces.Count == 0 ? [Literal(value)] : pieces;
    }

    /// <summary>A number literal of type long or double.</summary>
    public static string Number(object value) => value switch
    {
        long and (> int.MaxValue or < int.MinValue) => value is long.MinValue ? "long.MinValue" : ((long)value).ToString(CultureInfo.InvariantCulture) + "L",
        long integer => CSharpText.Integer(integer),
        _ => Exact((double)value) + "d",
    };

    /// <summary>The template's own name where it is one of C#.</summary>
    public static string Name(string name)
    {
        if (ShapeCheck.IsCSharpIdentifier(name))
        {
            return CSharpText.Identifier(name);
        }

        return "name" + NameTable.PascalCase(name);
    }

    private static string Exact(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return double.Parse(text, CultureInfo.InvariantCulture).Equals(value) ? text : value.ToString("G17", CultureInfo.InvariantCulture);
    }
}
