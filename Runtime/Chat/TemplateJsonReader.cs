using System.Globalization;
using System.Text;

namespace ModelPack.Templates;

/// <summary>
/// Reads JSON (RFC 8259) into values: tool definitions, tool calls, conversations. Of its own, because an application with one small model should not carry a JSON library.
/// </summary>
internal ref struct TemplateJsonReader
{
    /// <summary>Longest JSON text, in UTF-16 units.</summary>
    public const int MaxLength = 1 << 22;

    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<char> _text;
    private readonly bool _literal;
    private readonly string _what;
    private int _at;

    private TemplateJsonReader(ReadOnlySpan<char> text, string what, bool literal)
    {
        _text = text;
        _what = what;
        _literal = literal;
    }

    /// <summary>The value of a whole JSON text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <param name="literal">Whether its strings are somebody's text rather than a template's.</param>
    /// <exception cref="ModelPackException">MP5306: not JSON, too long, or too deep.</exception>
    public static TemplateValue Read(string text, string what, bool literal = true)
    {
        var reader = new TemplateJsonReader(text, what, literal);
        if (text.Length > MaxLength)
        {
            throw reader.Error($"at most {MaxLength} characters");
        }

        var value = reader.Value(0);
        reader.SkipSpace();
        return reader._at == text.Length ? value : throw reader.Error("the end");
    }

    /// <summary>The value at the beginning of a text that goes on behind it; false where there is none.</summary>
    /// <param name="length">Characters of the value, white space in front included.</param>
    public static bool TryReadPrefix(ReadOnlySpan<char> text, out TemplateValue value, out int length)
    {
        var reader = new TemplateJsonReader(text[..Math.Min(text.Length, MaxLength)], "", literal: true);
        try
        {
            value = reader.Value(0);
            length = reader._at;
            return true;
        }
        catch (ModelPackException)
        {
            (value, length) = (default, 0);
            return false;
        }
    }

    private TemplateValue Value(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Error($"at most {MaxDepth} levels");
        }

        SkipSpace();
        switch (_at < _text.Length ? _text[_at] : '\0')
        {
            case '{':
                return Map(depth);
            case '[':
                return List(depth);
            case '"':
                return Text();
            case '-' or (>= '0' and <= '9'):
                return Number();
            case 't' when Take("true"):
                return true;
            case 'f' when Take("false"):
                return false;
            case 'n' when Take("null"):
                return TemplateValue.None;
            default:
                throw Error("a value");
        }
    }

    private TemplateValue Map(int depth)
    {
        var map = new TemplateMap();
        _at++;
        while (!Closes('}', map.Count))
        {
            SkipSpace();
            if (_at == _text.Length || _text[_at] != '"')
            {
                throw Error("a key in quotes");
            }

            var key = Text();
            SkipSpace();
            if (!Take(":"))
            {
                throw Error("a colon");
            }

            map[key] = Value(depth + 1);
        }

        return TemplateValue.Of(map);
    }

    private TemplateValue List(int depth)
    {
        var items = new List<TemplateValue>();
        _at++;
        while (!Closes(']', items.Count))
        {
            items.Add(Value(depth + 1));
        }

        return TemplateValue.ListOf([.. items]);
    }

    /// <summary>Whether the list is over; otherwise what lies between two items has been read.</summary>
    private bool Closes(char bracket, int count)
    {
        SkipSpace();
        if (_at < _text.Length && _text[_at] == bracket)
        {
            _at++;
            return true;
        }

        return count == 0 || Take(",") ? false : throw Error($"a comma or '{bracket}'");
    }

    private TemplateValue Number()
    {
        var start = _at;
        Take("-");
        var integer = Digits();
        if (integer.Length == 0 || (integer.Length > 1 && integer[0] == '0'))
        {
            throw Error("a number");
        }

        var isInteger = true;
        if (Take("."))
        {
            isInteger = false;
            _ = Digits() is { Length: 0 } ? throw Error("digits") : 0;
        }

        if (Take("e") || Take("E"))
        {
            isInteger = false;
            _ = Take("+") || Take("-");
            _ = Digits() is { Length: 0 } ? throw Error("digits") : 0;
        }

        var text = _text[start.._at];
        if (isInteger && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private ReadOnlySpan<char> Digits()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private TemplateValue Text()
    {
        var text = new StringBuilder();
        for (_at++; ;)
        {
            var rest = _text[_at..];
            var plain = rest.IndexOfAny('"', '\\');
            if (plain < 0 || rest[..plain].IndexOfAnyInRange('\0', '\x1f') >= 0)
            {
                throw Error("the end of the string, and control characters escaped");
            }

            text.Append(rest[..plain]);
            _at += plain + 1;
            if (rest[plain] == '"')
            {
                var value = text.ToString();
                return _literal ? TemplateValue.LiteralText(value) : value;
            }

            text.Append(Escape());
        }
    }

    private char Escape()
    {
        var c = _at < _text.Length ? _text[_at++] : '\0';
        switch (c)
        {
            case '"' or '\\' or '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _at + 4 <= _text.Length && ushort.TryParse(_text.Slice(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default:
                throw Error("an escape");
        }
    }

    private bool Take(string word)
    {
        var taken = _text[_at..].StartsWith(word, StringComparison.Ordinal);
        _at += taken ? word.Length : 0;
        return taken;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t' or '\n' or '\r'))
        {
            _at++;
        }
    }

    private readonly ModelPackException Error(string expected) => new(
        MpCodes.ChatJsonMalformed,
        $"{_what} is not JSON as it should be: character {_at + 1} of {_text.Length}: expected {expected}, got {(_at < _text.Length ? $"'{Printable(_text[_at])}'" : "the end")}.");

    private static string Printable(char c) => c is >= ' ' and <= '~' ? c.ToString() : $"U+{(int)c:X4}";
}
