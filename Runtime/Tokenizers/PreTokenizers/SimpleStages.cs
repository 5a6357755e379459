namespace ModelPack;

/// <summary><c>\p{N}{1,n}</c>; one digit a piece with n = 1.</summary>
internal sealed class NumberStage(int digits) : PreTokenizerStage
{
    public override int Next(ReadOnlySpan<byte> text) => (Scan.Class(text, 0) & UnicodeClass.Number) != 0
        ? Scan.Run(text, 0, UnicodeClass.Number, digits)
        : Scan.Run(text, 0, ~UnicodeClass.Number);
}

/// <summary><c>[0-9][0-9][0-9]</c></summary>
internal sealed class DigitTripleStage : MatchingStage
{
    protected override int Match(ReadOnlySpan<byte> text) =>
        text.Length >= 3 && char.IsAsciiDigit((char)text[0]) && char.IsAsciiDigit((char)text[1]) && char.IsAsciiDigit((char)text[2]) ? 3 : 0;
}

/// <summary><c>[\p{P}…]+</c>: punctuation and some more ASCII signs.</summary>
internal sealed class PunctuationStage(string more) : PreTokenizerStage
{
    public override int Next(ReadOnlySpan<byte> text)
    {
        var inside = Contains(text, 0, out var end);
        while (end < text.Length && Contains(text, end, out var length) == inside)
        {
            end += length;
        }

        return end;
    }

    private bool Contains(ReadOnlySpan<byte> text, int at, out int length) =>
        (Scan.Class(text, at, out length) & UnicodeClass.Punctuation) != 0 || (length == 1 && more.Contains((char)text[at]));
}

/// <summary><c>[\r\n]</c>: each alone.</summary>
internal sealed class LineBreakStage : PreTokenizerStage
{
    public override int Next(ReadOnlySpan<byte> text)
    {
        var next = text.IndexOfAny((byte)'\r', (byte)'\n');
        return next < 0 ? text.Length : Math.Max(next, 1);
    }
}

/// <summary><c>\s?[set]+</c></summary>
internal sealed class SpacedRunStage(int set) : MatchingStage
{
    protected override int Match(ReadOnlySpan<byte> text)
    {
        var first = Scan.Class(text, 0, out var length);
        var start = (first & UnicodeClass.Space) != 0 ? length : 0;
        return (Scan.Class(text, start) & set) != 0 ? Scan.Run(text, start, set) : 0;
    }
}

/// <summary><c>[a-bc-d]+</c> over two ranges of code points.</summary>
internal sealed class RangesStage(uint a, uint b, uint c, uint d) : PreTokenizerStage
{
    public override int Next(ReadOnlySpan<byte> text)
    {
        var inside = Contains(text, 0, out var end);
        while (end < text.Length && Contains(text, end, out var length) == inside)
        {
            end += length;
        }

        return end;
    }

    private bool Contains(ReadOnlySpan<byte> text, int at, out int length)
    {
        var point = Utf8.Decode(text[at..], out length);
        return point - a <= b - a || point - c <= d - c;
    }
}
