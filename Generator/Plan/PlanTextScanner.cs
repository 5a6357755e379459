using System.Globalization;

namespace ModelPack.Plan;

/// <summary>
/// Walks over a text line by line and word by word. The first error sticks: after it every read gives a default value and <see cref="Keyword"/> is empty,
/// so that a parser's loops end by themselves.
/// </summary>
internal sealed class PlanTextScanner
{
    private const int ShownLength = 60;

    private readonly string _text;
    private int _line;
    private int _lineStart;
    private int _position;
    private int _lineEnd;
    private int _nextLine;

    public PlanTextScanner(string text)
    {
        _text = text;
        if (text.Length > PlanText.MaxTextLength)
        {
            Error = new(1, 1, $"at most {PlanText.MaxTextLength} characters", text.Length.ToString(CultureInfo.InvariantCulture));
            return;
        }

        Advance();
    }

    public PlanTextError? Error { get; private set; }

    /// <summary>First word of the current line; empty at the end of the text and after an error.</summary>
    public string Keyword { get; private set; } = "";

    /// <summary>Whether the current line has another word.</summary>
    public bool HasMore
    {
        get
        {
            while (_position < _lineEnd && _text[_position] == ' ')
            {
                _position++;
            }

            return Error is null && _position < _lineEnd;
        }
    }

    /// <summary>Whether the next word is a string in quotes.</summary>
    public bool IsAtQuote => HasMore && _text[_position] == '"';

    public bool Is(string keyword) => Keyword == keyword;

    /// <summary>The current line must start with <paramref name="keyword"/>.</summary>
    public void Expect(string keyword)
    {
        if (!Is(keyword))
        {
            _position = _lineStart;
            Fail($"a line '{keyword} …'");
        }
    }

    /// <summary>The current line must be over; on to the next one.</summary>
    public void EndLine()
    {
        if (HasMore)
        {
            Fail("the end of the line");
        }

        Advance();
    }

    /// <summary>After the last line there is nothing.</summary>
    public void ExpectEndOfText()
    {
        if (Keyword.Length > 0)
        {
            _position = _lineStart;
            Fail("the end of the text");
        }
    }

    public string Word(string expected)
    {
        if (!HasMore)
        {
            Fail(expected);
            return "";
        }

        var start = _position;
        while (_position < _lineEnd && _text[_position] != ' ')
        {
            _position++;
        }

        return Error is null ? _text.Substring(start, _position - start) : "";
    }

    public string Quoted(string expected)
    {
        if (!HasMore)
        {
            Fail(expected + " in quotes");
            return "";
        }

        var value = PlanTextEscapes.ReadQuoted(_text, _position, _lineEnd, out var next);
        if (value is null)
        {
            Fail($"{expected} in quotes, of at most {PlanText.MaxStringLength} characters");
            return "";
        }

        _position = next;
        return value;
    }

    public string Identifier(string expected)
    {
        var start = _position;
        var word = Word(expected);
        if (Error is null && !PlanText.IsIdentifier(word))
        {
            FailAt(start, expected);
            return "";
        }

        return word;
    }

    public long Number(string expected, long least, long most)
    {
        var start = _position;
        var word = Word(expected);
        if (TryNumber(word, least, most, out var value))
        {
            return value;
        }

        FailAt(start, $"{expected}, an integer from {Invariant(least)} to {Invariant(most)}");
        return 0;
    }

    public static bool TryNumber(string word, long least, long most, out long value) =>
        long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    /// <summary>Where the next word starts, for <see cref="FailAt"/>.</summary>
    public int Position => _position;

    /// <summary>An error about the word at <paramref name="position"/> of the current line.</summary>
    public void FailAt(int position, string expected, bool newerVersion = false)
    {
        _position = position;
        _ = HasMore;
        Fail(expected, newerVersion);
    }

    public void Fail(string expected, bool newerVersion = false)
    {
        if (Error is null)
        {
            var length = _lineEnd - _position;
            var got = length > 0 ? $"'{Printable(_text.Substring(_position, length < ShownLength ? length : ShownLength))}'"
                : _position < _text.Length ? "the end of the line" : "the end of the text";
            Error = new(_line, _position - _lineStart + 1, expected, got, newerVersion);
        }

        Keyword = "";
        _position = _lineEnd;
    }

    private void Advance()
    {
        Keyword = "";
        while (Error is null && _nextLine < _text.Length && Keyword.Length == 0)
        {
            _line++;
            _lineStart = _nextLine;
            var newline = _text.IndexOf('\n', _lineStart);
            _nextLine = newline < 0 ? _text.Length : newline + 1;
            _lineEnd = newline < 0 ? _text.Length : newline;
            if (_lineEnd > _lineStart && _text[_lineEnd - 1] == '\r')
            {
                _lineEnd--;
            }

            _position = _lineStart;
            if (HasMore)
            {
                Keyword = Word("a keyword");
            }
        }

        if (Error is null && Keyword.Length == 0)
        {
            _lineStart = _position = _lineEnd = _text.Length;
        }
    }

    private static string Printable(string text)
    {
        var characters = text.ToCharArray();
        for (var i = 0; i < characters.Length; i++)
        {
            if (!PlanTextEscapes.IsPlain(characters[i]))
            {
                characters[i] = '?';
            }
        }

        return new(characters);
    }

    private static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);
}
