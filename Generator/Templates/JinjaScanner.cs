using System;
using System.Globalization;
using System.Text;

namespace ModelPack.Jinja;

/// <summary>Tokens inside a tag.</summary>
internal sealed class JinjaScanner(string source, int at, int line)
{
    /// <summary>Python's white space.</summary>
    public static readonly char[] Spaces =
    [
        ' ', '\t', '\n', '\v', '\f', '\r', '\x1c', '\x1d', '\x1e', '\x1f', '\x85', '\xa0', '\u1680', '\u2000', '\u2001', '\u2002', '\u2003', '\u2004', '\u2005', '\u2006', '\u2007',
        '\u2008', '\u2009', '\u200a', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000',
    ];

    /// <summary>Longer ones first.</summary>
    private static readonly string[] s_operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private bool _afterDot;

    public int At { get; private set; } = at;

    public int Line { get; private set; } = line;

    public static bool IsSpace(char c) => Array.IndexOf(Spaces, c) >= 0;

    /// <summary>A name that must come next, as a whole word.</summary>
    public bool TakeWord(string word)
    {
        SkipSpace();
        if (string.CompareOrdinal(source, At, word, 0, word.Length) != 0 || (At + word.Length < source.Length && IsNamePart(source[At + word.Length])))
        {
            return false;
        }

        At += word.Length;
        return true;
    }

    /// <summary>Whether the tag ends here; if so, the end has been taken.</summary>
    /// <param name="sign"><c>-</c>, <c>+</c> or a blank.</param>
    public bool TryEnd(string close, out char sign)
    {
        SkipSpace();
        sign = ' ';
        var signed = At < source.Length && (source[At] == '-' || (source[At] == '+' && close == "%}"));
        var start = signed && string.CompareOrdinal(source, At + 1, close, 0, close.Length) == 0 ? At + 1 : At;
        if (string.CompareOrdinal(source, start, close, 0, close.Length) != 0)
        {
            return false;
        }

        sign = start > At ? source[At] : ' ';
        At = start + close.Length;
        return true;
    }

    public JinjaToken Next(string close)
    {
        SkipSpace();
        if (At >= source.Length)
        {
            throw new JinjaException(Line, $"a tag that is not closed; expected '{close}'");
        }

        var c = source[At];
        var token = c is '"' or '\'' ? String(c)
            : c is >= '0' and <= '9' ? Number()
            : IsNamePart(c) ? Take(JinjaTokenKind.Name, NameLength())
            : Operator();
        _afterDot = token.Is(".");
        return token;
    }

    private static bool IsNamePart(char c) => c == '_' || char.IsLetterOrDigit(c);

    private void SkipSpace()
    {
        while (At < source.Length && IsSpace(source[At]))
        {
            Line += source[At++] == '\n' ? 1 : 0;
        }
    }

    private int NameLength()
    {
        var length = 1;
        while (At + length < source.Length && IsNamePart(source[At + length]))
        {
            length++;
        }

        return length;
    }

    private JinjaToken Operator()
    {
        foreach (var text in s_operators)
        {
            if (string.CompareOrdinal(source, At, text, 0, text.Length) == 0)
            {
                return Take(JinjaTokenKind.Operator, text.Length);
            }
        }

        throw new JinjaException(Line, $"the character U+{(int)source[At]:X4} in a tag");
    }

    private JinjaToken Take(JinjaTokenKind kind, int length)
    {
        var token = new JinjaToken(kind, source.Substring(At, length), Line);
        At += length;
        return token;
    }

    private JinjaToken Number()
    {
        var length = Digits(0);
        var kind = JinjaTokenKind.Integer;
        // Behind a dot digits are an index: x.0.1.
        if (!_afterDot && Character(length) == '.' && Character(length + 1) is >= '0' and <= '9')
        {
            kind = JinjaTokenKind.Float;
            length = Digits(length + 1);
        }

        if (!_afterDot && Character(length) is 'e' or 'E')
        {
            var sign = Character(length + 1) is '+' or '-' ? 1 : 0;
            if (Character(length + 1 + sign) is >= '0' and <= '9')
            {
                kind = JinjaTokenKind.Float;
                length = Digits(length + 1 + sign);
            }
        }

        if (IsNamePart(Character(length)))
        {
            throw new JinjaException(Line, "a number that goes on with letters (only decimal numbers are translated)");
        }

        var token = Take(kind, length);
        return token with { Text = token.Text.Replace("_", "") };
    }

    private char Character(int offset) => At + offset < source.Length ? source[At + offset] : '\0';

    private int Digits(int offset)
    {
        while (Character(offset) is (>= '0' and <= '9') or '_')
        {
            offset++;
        }

        return offset;
    }

    private JinjaToken String(char quote)
    {
        var (text, line) = (new StringBuilder(), Line);
        for (At++; ; At++)
        {
            if (At >= source.Length)
            {
                throw new JinjaException(line, "a string that is not closed");
            }

            var c = source[At];
            if (c == quote)
            {
                At++;
                return new(JinjaTokenKind.String, text.ToString(), line);
            }

            Line += c == '\n' ? 1 : 0;
            if (c == '\\')
            {
                Escape(text);
            }
            else
            {
                text.Append(c);
            }
        }
    }

    /// <summary>Python's escapes; an unknown one stays as it is. <see cref="At"/> ends on its last character.</summary>
    private void Escape(StringBuilder text)
    {
        var c = Character(1);
        At++;
        const string Simple = "\\\\''\"\"n\nr\rt\tb\bf\fv\va\a";
        for (var i = 0; i < Simple.Length; i += 2)
        {
            if (Simple[i] == c)
            {
                text.Append(Simple[i + 1]);
                return;
            }
        }

        switch (c)
        {
            case '\n':
                Line++;
                return;
            case 'x':
                Hex(text, 2);
                return;
            case 'u':
                Hex(text, 4);
                return;
            case 'U':
                Hex(text, 8);
                return;
            case 'N':
                throw new JinjaException(Line, "the escape '\\N{…}' in a string");
            case >= '0' and <= '7':
                var value = c - '0';
                for (var i = 0; i < 2 && Character(1) is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + source[++At] - '0';
                }

                text.Append((char)value);
                return;
            default:
                text.Append('\\').Append(c == '\0' ? "" : c.ToString());
                return;
        }
    }

    private void Hex(StringBuilder text, int digits)
    {
        if (At + digits >= source.Length
            || !uint.TryParse(source.Substring(At + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || code > 0x10FFFF)
        {
            throw new JinjaException(Line, "an escape in a string that is no character");
        }

        At += digits;
        text.Append(code >= 0x10000 ? char.ConvertFromUtf32((int)code) : ((char)code).ToString());
    }
}
