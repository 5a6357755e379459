using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelPack.Tasks.Items;

/// <summary>Class names and namespaces: made from file names, and checked.</summary>
internal static class ClassName
{
    /// <summary>
    /// The endings by which publishers tell quantisations of one model apart: <c>.Q4_1</c>, <c>-Q4_K_M</c>, <c>.IQ2_XXS</c>, <c>-f16</c>, <c>-i1-Q5_K_S</c>, <c>-MXFP4_MOE</c>.
    /// </summary>
    private static readonly Regex s_quantisation = new(
        @"([-._]i1)?[-._](?:(?:UD-)?I?Q[1-8](?:_[0-9A-Z]+)*|TQ[12]_0|F64|F32|FP32|F16|FP16|BF16|FP8|NVFP4|MXFP4(?:_MOE)?|INT4|INT8)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>
    /// <c>SmolLM2-135M-Instruct.Q4_1.gguf</c> → <c>SmolLM2135MInstruct</c>: the name without extension and quantisation suffix, split at
    /// everything that is neither letter nor digit, each part with a capital. Empty where nothing is left.
    /// </summary>
    public static string FromFile(string fileName)
    {
        var dot = fileName.LastIndexOf('.');
        var stem = dot > 0 ? fileName.Substring(0, dot) : fileName;
        var shorter = s_quantisation.Replace(stem, "");
        if (shorter.Any(char.IsLetterOrDigit))
        {
            stem = shorter;
        }

        var name = new StringBuilder();
        var start = true;
        foreach (var c in stem)
        {
            if (!char.IsLetterOrDigit(c))
            {
                start = true;
                continue;
            }

            name.Append(start ? char.ToUpperInvariant(c) : c);
            start = false;
        }

        if (name.Length > 0 && !IsStart(name[0]))
        {
            name.Insert(0, '_');
        }

        return name.ToString();
    }

    /// <summary>Whether <paramref name="name"/> can be written as a class name as it stands.</summary>
    public static bool IsIdentifier(string name) =>
        name.Length is > 0 and <= 200 && IsStart(name[0]) && name.All(IsPart) && !s_keywords.Contains(name);

    /// <summary>Whether <paramref name="name"/> is identifiers joined by dots.</summary>
    public static bool IsNamespace(string name) => name.Length <= 400 && name.Split('.').All(IsIdentifier);

    /// <summary>A namespace from what projects are called: <c>sample-app</c> → <c>sample_app</c>.</summary>
    public static string NamespaceFrom(string rootNamespace)
    {
        var parts = rootNamespace.Split('.').Where(part => part.Length > 0).Select(part =>
        {
            var cleaned = new string(part.Select(c => IsPart(c) ? c : '_').ToArray());
            return IsIdentifier(cleaned) ? cleaned : "_" + cleaned;
        });
        var joined = string.Join(".", parts);
        return joined.Length == 0 ? "App" : joined;
    }

    private static bool IsStart(char c) => c == '_' || char.IsLetter(c);

    private static bool IsPart(char c) => IsStart(c) || char.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation;

    private static readonly string[] s_keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do", "double",
        "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal",
        "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return",
        "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked",
        "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];
}
