using System;
using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>Values and names as C# wants them. What comes from a model file can close no string, comment or doc element, and hide no text.</summary>
internal static class CSharpText
{
    /// <summary><paramref name="name"/>, with @ where it is a keyword, a contextual one too.</summary>
    public static string Identifier(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    /// <summary>A namespace, part by part.</summary>
    public static string Dotted(string name)
    {
        var parts = name.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Identifier(parts[i]);
        }

        return string.Join(".", parts);
    }

    /// <summary><c>AttentionQuery</c> → <c>attentionQuery</c>.</summary>
    public static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);

    /// <summary>A string literal.</summary>
    public static string String(string value)
    {
        var text = new StringBuilder();
        PlanTextEscapes.AppendQuoted(text, value);
        return text.ToString();
    }

    /// <summary>Text after <c>//</c>: one line, nothing invisible.</summary>
    public static string Comment(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsSurrogatePair(value, i))
            {
                text.Append(value, i++, 2);
            }
            else
            {
                text.Append(PlanTextEscapes.IsPlain(value[i]) ? value[i] : ' ');
            }
        }

        return text.ToString().Trim();
    }

    /// <summary>Text inside an element of a doc comment.</summary>
    public static string Doc(string value) => Comment(value).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>An integer literal, whatever the culture's minus sign.</summary>
    public static string Integer(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The shortest literal that gives the very bits.</summary>
    public static string Float(int bits)
    {
        var value = BitConverter.ToSingle(BitConverter.GetBytes(bits), 0);
        if (float.IsNaN(value) || float.IsInfinity(value))
        {
            return $"global::System.BitConverter.Int32BitsToSingle(unchecked((int)0x{bits.ToString("X8", CultureInfo.InvariantCulture)}))";
        }

        var sign = bits < 0 ? "-" : "";
        var magnitude = Math.Abs(value);
        if (magnitude == 0)
        {
            return sign + "0f";
        }

        // 9 digits always suffice; they are rounded from the double, whose first 15 digits every host prints exactly.
        for (var digits = 1; ; digits++)
        {
            var text = ((double)magnitude).ToString("E" + Integer(digits - 1), CultureInfo.InvariantCulture);
            if (digits == 9 || (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var read) && read == magnitude))
            {
                return sign + Decimal(text) + "f";
            }
        }
    }

    /// <summary><c>1.5E-005</c> → <c>1.5e-5</c>, <c>2.5E-001</c> → <c>0.25</c>, <c>1E+004</c> → <c>10000</c>.</summary>
    private static string Decimal(string scientific)
    {
        var e = scientific.IndexOf('E');
        var exponent = int.Parse(scientific.Substring(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = scientific.Substring(0, e);
        var digits = mantissa.Replace(".", "");
        return exponent switch
        {
            >= -4 and < 0 => "0." + new string('0', -exponent - 1) + digits,
            >= 0 and < 9 when digits.Length <= exponent + 1 => digits + new string('0', exponent + 1 - digits.Length),
            >= 0 and < 9 => digits.Substring(0, exponent + 1) + "." + digits.Substring(exponent + 1),
            _ => mantissa + "e" + Integer(exponent),
        };
    }
}
