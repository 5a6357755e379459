using System.Runtime.CompilerServices;

namespace ModelPack;

/// <summary>
/// General categories as the pre-tokenizers' expressions name them, from our own tables: the runtime needs no ICU and
/// gives the same tokens on every platform. A class is one bit, so that a set is a mask.
/// </summary>
internal static partial class UnicodeClass
{
    public const int Lu = 1 << 1;
    public const int Ll = 1 << 2;
    public const int Lt = 1 << 3;
    public const int Lm = 1 << 4;
    public const int Lo = 1 << 5;

    /// <summary><c>\p{M}</c></summary>
    public const int Mark = 1 << 6;

    /// <summary><c>\p{N}</c></summary>
    public const int Number = 1 << 7;

    /// <summary><c>\p{P}</c></summary>
    public const int Punctuation = 1 << 8;

    /// <summary><c>\p{S}</c></summary>
    public const int Symbol = 1 << 9;

    /// <summary><c>\s</c>: White_Space</summary>
    public const int Space = 1 << 10;

    /// <summary>Controls, formats, surrogates, private use, unassigned.</summary>
    public const int Other = 1 << 11;

    /// <summary><c>\p{L}</c></summary>
    public const int Letter = Lu | Ll | Lt | Lm | Lo;

    private const int FragileBit = 0x20;

    /// <summary>The one bit of <paramref name="codePoint"/>'s class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(uint codePoint) => 1 << (Entry(codePoint) & 0xF);

    /// <summary>Whether text with <paramref name="codePoint"/> in it may not be in normal form C as it stands.</summary>
    public static bool NeedsComposition(uint codePoint) => (Entry(codePoint) & FragileBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Entry(uint codePoint) =>
        codePoint > 0x10FFFF ? 11 : Blocks[(BlockOf[(int)(codePoint >> 8)] << 8) | (int)(codePoint & 0xFF)];
}
