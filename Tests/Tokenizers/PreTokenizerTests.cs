using System.Text;
using System.Text.RegularExpressions;

namespace ModelPack.Tests.Tokenizers;

/// <summary>The scanners against .NET's regular expressions, which are applied as the formats say: one after the other, matches and gaps.</summary>
public class PreTokenizerTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
    private const string Contraction = @"'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
    private const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    private const string CasedTail = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Characters that expressions treat differently: cases, modifier and other letters, marks, numbers, signs, spaces, line ends, controls, CJK.</summary>
    private const string Alphabet = "  \n\r\t'stmdlvreSTLaBcZéÉǅʰßअा\u0301\u093F\u0E01\u0E34漢字か가ー０9123½²ⅷ.,!?-_/$+<=>^~|`©€\u00A0\u2003\u2028\u3000\u0085\u001F\u200B\u200D\uFFFD。、～";

    public static TheoryData<string, string[]> Expressions => new()
    {
        { nameof(PreTokenizerKind.Gpt2), [Gpt2] },
        { nameof(PreTokenizerKind.SmolLm), [@"\p{N}", Gpt2] },
        { nameof(PreTokenizerKind.Llama3), [$@"(?:{Contraction})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] },
        { nameof(PreTokenizerKind.Qwen2), [$@"(?:{Contraction})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] },
        { nameof(PreTokenizerKind.Qwen35), [$@"(?:{Contraction})|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] },
        { nameof(PreTokenizerKind.DeepSeekCoder), [@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-\uD7FF]+", @"\p{N}"] },
        { nameof(PreTokenizerKind.Default), [@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"] },
        { nameof(PreTokenizerKind.Falcon), [@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"] },
        {
            nameof(PreTokenizerKind.DeepSeekV3),
            [@"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
             @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]
        },
        { nameof(PreTokenizerKind.Gpt4o), [$@"(?:{Cased})(?:{Contraction})?|\p{{N}}{{1,3}}{CasedTail}"] },
        { nameof(PreTokenizerKind.Tekken), [$@"{Cased}|\p{{N}}{CasedTail}"] },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Scanners_cut_as_the_regular_expressions_do(string kind, string[] expressions)
    {
        var stages = PreTokenizer.Stages(Enum.Parse<PreTokenizerKind>(kind))!;
        var regexes = expressions.Select(e => new Regex(e, RegexOptions.CultureInvariant)).ToArray();
        var random = new Random(20240729);
        for (var i = 0; i < 4000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Assert.Equal(Expected(text, regexes), Actual(text, stages));
        }
    }

    [Fact]
    public void Every_kind_but_none_has_stages_and_is_tested_here()
    {
        foreach (var kind in Enum.GetValues<PreTokenizerKind>().Where(k => k != PreTokenizerKind.None))
        {
            Assert.InRange(PreTokenizer.Stages(kind)!.Length, 1, PreTokenizer.MaxStages);
            Assert.Contains(Expressions, row => row.Data.Item1 == kind.ToString());
        }
    }

    [Fact]
    public void Classes_agree_with_dotnets_categories_wherever_both_know_the_code_point()
    {
        var different = new List<string>();
        for (var point = 0; point <= 0x10FFFF; point++)
        {
            var category = System.Globalization.CharUnicodeInfo.GetUnicodeCategory(point);
            var ours = UnicodeClass.Of((uint)point);
            var expected = category switch
            {
                System.Globalization.UnicodeCategory.OtherNotAssigned => ours,
                _ when point <= char.MaxValue && char.IsWhiteSpace((char)point) => UnicodeClass.Space,
                System.Globalization.UnicodeCategory.UppercaseLetter => UnicodeClass.Lu,
                System.Globalization.UnicodeCategory.LowercaseLetter => UnicodeClass.Ll,
                System.Globalization.UnicodeCategory.TitlecaseLetter => UnicodeClass.Lt,
                System.Globalization.UnicodeCategory.ModifierLetter => UnicodeClass.Lm,
                System.Globalization.UnicodeCategory.OtherLetter => UnicodeClass.Lo,
                <= System.Globalization.UnicodeCategory.EnclosingMark => UnicodeClass.Mark,
                <= System.Globalization.UnicodeCategory.OtherNumber => UnicodeClass.Number,
                >= System.Globalization.UnicodeCategory.ConnectorPunctuation and <= System.Globalization.UnicodeCategory.OtherPunctuation => UnicodeClass.Punctuation,
                >= System.Globalization.UnicodeCategory.MathSymbol and <= System.Globalization.UnicodeCategory.OtherSymbol => UnicodeClass.Symbol,
                _ => UnicodeClass.Other,
            };
            if (expected != ours)
            {
                different.Add($"U+{point:X4}");
            }
        }

        // ʕ became Lo in Unicode 17, of which our tables are; .NET 10 has 16.
        Assert.Empty(different.Except(["U+0295"]));
    }

    private static List<string> Expected(string text, Regex[] regexes)
    {
        var pieces = new List<string> { text };
        foreach (var regex in regexes)
        {
            pieces = [.. pieces.SelectMany(piece => Cut(piece, regex))];
        }

        return pieces;
    }

    private static IEnumerable<string> Cut(string text, Regex regex)
    {
        var at = 0;
        foreach (Match match in regex.Matches(text))
        {
            if (match.Index > at)
            {
                yield return text[at..match.Index];
            }

            yield return match.Value;
            at = match.Index + match.Length;
        }

        if (at < text.Length)
        {
            yield return text[at..];
        }
    }

    private static List<string> Actual(string text, PreTokenizerStage[] stages)
    {
        var pieces = new List<string>();
        var enumerator = new PieceEnumerator(stages, Encoding.UTF8.GetBytes(text));
        while (enumerator.TryNext(out var piece))
        {
            pieces.Add(Encoding.UTF8.GetString(piece));
        }

        return pieces;
    }
}
