using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>The steps of which the scanners are made.</summary>
internal static class Scan
{
    /// <summary>Class bit and length in bytes of the code point at <paramref name="at"/>; class 0 at the end of the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Class(ReadOnlySpan<byte> text, int at, out int length)
    {
        if ((uint)at >= (uint)text.Length)
        {
            length = 0;
            return 0;
        }

        return UnicodeClass.Of(Utf8.Decode(text[at..], out length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Class(ReadOnlySpan<byte> text, int at) => Class(text, at, out _);

    /// <summary>Length in bytes of the code point at <paramref name="at"/>.</summary>
    public static int Step(ReadOnlySpan<byte> text, int at) => Math.Min(Utf8.SequenceLength(text[at]), text.Length - at);

    /// <summary>Where the run of code points of <paramref name="set"/> that starts at <paramref name="at"/> ends.</summary>
    public static int Run(ReadOnlySpan<byte> text, int at, int set, int limit = int.MaxValue)
    {
        while (limit-- > 0 && (Class(text, at, out var length) & set) != 0)
        {
            at += length;
        }

        return at;
    }

    /// <summary>Where the run of bytes among <paramref name="bytes"/> ends.</summary>
    public static int Run(ReadOnlySpan<byte> text, int at, ReadOnlySpan<byte> bytes)
    {
        var length = text[at..].IndexOfAnyExcept(bytes);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary><c>'s|'t|'re|'ve|'m|'ll|'d</c> at <paramref name="at"/>: its length or 0.</summary>
    public static int Contraction(ReadOnlySpan<byte> text, int at, bool ignoreCase)
    {
        if (text.Length - at < 2 || text[at] != '\'')
        {
            return 0;
        }

        var fold = ignoreCase ? 0x20 : 0;
        var first = text[at + 1] | fold;
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        var second = text.Length - at > 2 ? text[at + 2] | fold : 0;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    /// <summary>
    /// White space at the start of <paramref name="text"/>: <c>\s+(?!\S)|\s+</c>, which leaves the last one to the word that follows.
    /// With <paramref name="newlines"/>, <c>\s*[\r\n]+</c> is tried before it.
    /// </summary>
    public static int WhiteSpace(ReadOnlySpan<byte> text, bool newlines)
    {
        int end = 0, last = 0, afterNewline = 0;
        while ((Class(text, end, out var length) & UnicodeClass.Space) != 0)
        {
            if (text[end] is (byte)'\r' or (byte)'\n')
            {
                afterNewline = end + 1;
            }

            last = end;
            end += length;
        }

        return newlines && afterNewline > 0 ? afterNewline : end == text.Length || last == 0 ? end : last;
    }
}
