using System;
using System.Collections.Generic;

namespace ModelPack.Jinja;

/// <summary>
/// Cuts a template into tokens, white space handled as Hugging Face sets Jinja2 up: trim_blocks (the line end behind a block goes), lstrip_blocks (the blanks in front of a block
/// that begins its line go), no line end at the end; <c>-</c> and <c>+</c> at a tag's edges say otherwise. After Jinja2's lexer.py (BSD-3).
/// </summary>
internal sealed class JinjaLexer
{
    /// <summary>Longest template.</summary>
    public const int MaxLength = 1 << 18;

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;

    /// <summary>Whether the last tag, with the white space that went with it, ended a line.</summary>
    private bool _atLineStart = true;

    private JinjaLexer(string source) => _source = source;

    /// <exception cref="JinjaException">Not closed, a character that is none of Jinja's, or too long.</exception>
    public static List<JinjaToken> Run(string template)
    {
        if (template.Length > MaxLength)
        {
            throw new JinjaException(1, $"the template has {template.Length} characters; at most {MaxLength} are translated");
        }

        var source = template.Replace("\r\n", "\n").Replace('\r', '\n');
        var lexer = new JinjaLexer(source.EndsWith("\n", StringComparison.Ordinal) ? source.Substring(0, source.Length - 1) : source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _source.Length)
        {
            var begin = NextTag();
            var text = _source.Substring(_at, begin - _at);
            if (begin == _source.Length)
            {
                Add(JinjaTokenKind.Data, text);
                _line += Lines(text);
                break;
            }

            var kind = _source[begin + 1];
            var sign = Sign(begin + 2);
            var line = _line + Lines(text);
            Data(StripLeft(text, sign, isVariable: kind == '{'));
            _line = line;
            _at = begin + 2 + (sign == ' ' ? 0 : 1);
            switch (kind)
            {
                case '#':
                    Comment();
                    break;
                case '{':
                    Tag(JinjaTokenKind.VariableBegin, JinjaTokenKind.VariableEnd, "}}");
                    break;
                default:
                    if (!Raw())
                    {
                        Tag(JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd, "%}");
                    }

                    break;
            }
        }

        Add(JinjaTokenKind.End, "");
    }

    private int NextTag()
    {
        for (var i = _source.IndexOf('{', _at); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return _source.Length;
    }

    private char Sign(int at) => at < _source.Length && _source[at] is '-' or '+' ? _source[at] : ' ';

    private string StripLeft(string text, char sign, bool isVariable)
    {
        if (sign == '-')
        {
            return text.TrimEnd(JinjaScanner.Spaces);
        }

        if (sign == '+' || isVariable)
        {
            return text;
        }

        var line = text.LastIndexOf('\n') + 1;
        return (line > 0 || _atLineStart) && text.Substring(line).Trim(JinjaScanner.Spaces).Length == 0 ? text.Substring(0, line) : text;
    }

    private void Data(string text)
    {
        if (text.Length > 0)
        {
            Add(JinjaTokenKind.Data, text);
        }
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new JinjaException(_line, "a comment '{#' that is not closed");
        }

        var sign = end > _at && _source[end - 1] is '-' or '+' ? _source[end - 1] : ' ';
        _line += Lines(_source.Substring(_at, end - _at));
        _at = end + 2;
        EndTag(sign, trimsLine: true);
    }

    /// <summary><c>{% raw %}…{% endraw %}</c>: text in which nothing is a tag.</summary>
    private bool Raw()
    {
        var scan = new JinjaScanner(_source, _at, _line);
        if (!scan.TakeWord("raw") || !scan.TryEnd("%}", out var sign))
        {
            return false;
        }

        (_at, _line) = (scan.At, scan.Line);
        EndTag(sign, trimsLine: false);
        for (var begin = _source.IndexOf("{%", _at, StringComparison.Ordinal); begin >= 0; begin = _source.IndexOf("{%", begin + 2, StringComparison.Ordinal))
        {
            var open = Sign(begin + 2);
            var end = new JinjaScanner(_source, begin + 2 + (open == ' ' ? 0 : 1), _line);
            if (end.TakeWord("endraw") && end.TryEnd("%}", out var close))
            {
                var text = _source.Substring(_at, begin - _at);
                Data(StripLeft(text, open, isVariable: false));
                _line += Lines(_source.Substring(_at, end.At - _at));
                _at = end.At;
                EndTag(close, trimsLine: true);
                return true;
            }
        }

        throw new JinjaException(_line, "a block 'raw' that is not closed");
    }

    private void Tag(JinjaTokenKind begin, JinjaTokenKind end, string close)
    {
        Add(begin, "");
        var scan = new JinjaScanner(_source, _at, _line);
        var brackets = 0;
        char sign;
        while (brackets > 0 || !scan.TryEnd(close, out sign))
        {
            var token = scan.Next(close);
            brackets += token.Kind != JinjaTokenKind.Operator ? 0 : token.Text is "(" or "[" or "{" ? 1 : token.Text is ")" or "]" or "}" ? -1 : 0;
            if (brackets < 0)
            {
                throw new JinjaException(token.Line, $"'{token.Text}' that closes nothing");
            }

            _tokens.Add(token);
        }

        (_at, _line) = (scan.At, scan.Line);
        Add(end, "");
        EndTag(sign, trimsLine: end == JinjaTokenKind.BlockEnd);
    }

    /// <summary>The white space behind a tag that goes with it.</summary>
    private void EndTag(char sign, bool trimsLine)
    {
        var start = _at;
        if (sign == '-')
        {
            while (_at < _source.Length && JinjaScanner.IsSpace(_source[_at]))
            {
                _at++;
            }
        }
        else if (trimsLine && sign != '+' && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }

        _atLineStart = _at > start && _source[_at - 1] == '\n';
        _line += Lines(_source.Substring(start, _at - start));
    }

    private void Add(JinjaTokenKind kind, string text) => _tokens.Add(new(kind, text, _line));

    private static int Lines(string text)
    {
        var lines = 0;
        foreach (var c in text)
        {
            lines += c == '\n' ? 1 : 0;
        }

        return lines;
    }
}
