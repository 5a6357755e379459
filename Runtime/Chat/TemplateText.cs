using System.Text;

namespace ModelPack.Templates;

/// <summary>Builds a string from pieces and keeps which of its characters came from messages.</summary>
internal sealed class TemplateText
{
    /// <summary>Longest string a template may make; a tokenizer takes no longer text.</summary>
    internal const int MaxLength = 1 << 24;

    private readonly StringBuilder _text = new();
    private readonly List<int> _literal = [];

    public int Length => _text.Length;

    /// <summary>Adds text of the template's own, or of nobody in particular.</summary>
    public TemplateText Append(string text) => Append(text, isLiteral: false);

    /// <summary>Adds text that came from messages where <paramref name="isLiteral"/> says so.</summary>
    public TemplateText Append(string text, bool isLiteral)
    {
        Reserve(text.Length);
        if (isLiteral)
        {
            Mark(_text.Length, _text.Length + text.Length);
        }

        _text.Append(text);
        return this;
    }

    /// <summary>Adds a string value.</summary>
    public TemplateText Append(TemplateValue text) => Append(text, 0, text.Text.Length);

    /// <summary>Adds a part of a string value.</summary>
    public TemplateText Append(TemplateValue text, int start, int length)
    {
        Reserve(length);
        var shift = _text.Length - start;
        var literal = text.Literal;
        for (var i = 0; i < literal.Length; i += 2)
        {
            var (from, to) = (Math.Max(literal[i], start), Math.Min(literal[i + 1], start + length));
            if (from < to)
            {
                Mark(from + shift, to + shift);
            }
        }

        _text.Append(text.Text, start, length);
        return this;
    }

    public TemplateValue ToValue(bool isMarkup = false)
    {
        TemplateBudget.Spend(_text.Length);
        var text = _text.ToString();
        return _literal.Count == 0 && !isMarkup ? text : TemplateValue.Of(new MarkedText(text, [.. _literal], isMarkup));
    }

    private void Mark(int start, int end)
    {
        if (_literal.Count > 0 && _literal[^1] == start)
        {
            _literal[^1] = end;
        }
        else if (start < end)
        {
            _literal.Add(start);
            _literal.Add(end);
        }
    }

    private void Reserve(int more)
    {
        if (more > MaxLength - _text.Length)
        {
            throw TemplateErrors.Limit($"makes a text of more than {MaxLength} characters");
        }

        TemplateBudget.Spend(more);
    }
}
