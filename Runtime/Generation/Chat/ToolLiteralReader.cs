using System.Globalization;
using System.Text;
using ModelPack.Templates;

namespace ModelPack;

/// <summary>Reads literals as Python writes them, and Gemma's, whose strings stand between <c>&lt;|"|&gt;</c> and whose keys are bare.</summary>
internal sealed class ToolLiteralReader(string text, int at)
{
    private const int MaxDepth = 32;
    private const string Quote = "<|\"|>";

    private int _at = at;

    public bool Take(string word)
    {
        SkipSpace();
        var taken = string.CompareOrdinal(text, _at, word, 0, word.Length) == 0;
        _at += taken ? word.Length : 0;
        return taken;
    }

    /// <summary><c>name(key=value, …)</c>.</summary>
    public bool TryCall(out ParsedCall call)
    {
        call = null!;
        var name = Word();
        if (name.Length == 0 || !Take("("))
        {
            return false;
        }

        var arguments = new TemplateMap();
        while (!Take(")"))
        {
            var key = Word();
            if (key.Length == 0 || !Take("=") || !TryValue(out var value))
            {
                return false;
            }

            arguments[key] = value;
            Take(",");
        }

        call = new(name, TemplateValue.Of(arguments));
        return true;
    }

    public bool TryValue(out TemplateValue value, int depth = 0)
    {
        value = default;
        SkipSpace();
        if (depth > MaxDepth || _at >= text.Length)
        {
            return false;
        }

        if (Take(Quote))
        {
            return TryUntil(Quote, out value);
        }

        return text[_at] switch
        {
            '{' => TryMap(depth, out value),
            '[' => TryList(depth, out value),
            '"' or '\'' => TryString(text[_at], out value),
            _ => TryWord(out value),
        };
    }

    private bool TryMap(int depth, out TemplateValue value)
    {
        var map = new TemplateMap();
        value = TemplateValue.Of(map);
        _at++;
        while (!Take("}"))
        {
            SkipSpace();
            var quoted = _at < text.Length && text[_at] is '"' or '\'' or '<';
            var key = quoted ? default : (TemplateValue)Word();
            if ((quoted && !TryValue(out key, depth + 1)) || !key.IsTrue || !Take(":") || !TryValue(out var item, depth + 1))
            {
                return false;
            }

            map[key] = item;
            Take(",");
        }

        return true;
    }

    private bool TryList(int depth, out TemplateValue value)
    {
        var items = new List<TemplateValue>();
        value = default;
        _at++;
        while (!Take("]"))
        {
            if (!TryValue(out var item, depth + 1))
            {
                return false;
            }

            items.Add(item);
            Take(",");
        }

        value = TemplateValue.ListOf([.. items]);
        return true;
    }

    private bool TryString(char quote, out TemplateValue value)
    {
        var result = new StringBuilder();
        for (_at++; _at < text.Length && text[_at] != quote; _at++)
        {
            if (text[_at] != '\\' || _at + 1 == text.Length)
            {
                result.Append(text[_at]);
                continue;
            }

            _at++;
            result.Append(text[_at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var c => c });
        }

        value = TemplateValue.LiteralText(result.ToString());
        return _at++ < text.Length;
    }

    private bool TryUntil(string end, out TemplateValue value)
    {
        var stop = text.IndexOf(end, _at, StringComparison.Ordinal);
        value = stop < 0 ? default : TemplateValue.LiteralText(text[_at..stop]);
        _at = stop < 0 ? text.Length : stop + end.Length;
        return stop >= 0;
    }

    private bool TryWord(out TemplateValue value)
    {
        var word = Word();
        value = word switch
        {
            "true" or "True" => true,
            "false" or "False" => false,
            "null" or "None" => TemplateValue.None,
            _ when long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => integer,
            _ when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
            _ => TemplateValue.Undefined(""),
        };
        return !value.IsUndefined;
    }

    private string Word()
    {
        SkipSpace();
        var start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '-' or '.' or '+'))
        {
            _at++;
        }

        return text[start.._at];
    }

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }
    }
}
