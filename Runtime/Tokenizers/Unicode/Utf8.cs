using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>Code points in UTF-8 that we encoded ourselves, so that it is known to be well-formed; other bytes are read as they come, never out of bounds.</summary>
internal static class Utf8
{
    /// <summary>The code point at the start of <paramref name="text"/>, which is not empty, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Decode(ReadOnlySpan<byte> text, out int length)
    {
        var first = text[0];
        if (first < 0x80)
        {
            length = 1;
            return first;
        }

        return DecodeLong(text, out length);
    }

    /// <summary>Length that the first byte of a sequence announces; 1 for a continuation byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SequenceLength(byte first) => first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    /// <summary>Writes <paramref name="codePoint"/> and returns its length, 1 to 4.</summary>
    public static int Encode(uint codePoint, Span<byte> target)
    {
        if (codePoint < 0x80)
        {
            target[0] = (byte)codePoint;
            return 1;
        }

        if (codePoint < 0x800)
        {
            target[0] = (byte)(0xC0 | (codePoint >> 6));
            target[1] = (byte)(0x80 | (codePoint & 0x3F));
            return 2;
        }

        if (codePoint < 0x10000)
        {
            target[0] = (byte)(0xE0 | (codePoint >> 12));
            target[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            target[2] = (byte)(0x80 | (codePoint & 0x3F));
            return 3;
        }

        target[0] = (byte)(0xF0 | (codePoint >> 18));
        target[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
        target[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
        target[3] = (byte)(0x80 | (codePoint & 0x3F));
        return 4;
    }

    private static uint DecodeLong(ReadOnlySpan<byte> text, out int length)
    {
        var first = text[0];
        length = SequenceLength(first);
        if (length == 1 || length > text.Length)
        {
            length = 1;
            return 0xFFFD;
        }

        var codePoint = (uint)first & (0x7Fu >> length);
        for (var i = 1; i < length; i++)
        {
            codePoint = (codePoint << 6) | (uint)(text[i] & 0x3F);
        }

        return codePoint;
    }
}
