using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace ModelPack.Tasks.Items;

/// <summary>What a value of a metadatum turned out to be.</summary>
internal enum Verdict
{
    Fine,

    /// <summary>Never a value of this metadatum (MP1006).</summary>
    Invalid,

    /// <summary>Part of the design, not built yet (MP1007).</summary>
    NotYet,
}

/// <summary>
/// The metadata of <c>CompressedModel</c>: one row each, with the test of its values and what to say of those that are refused.
/// Each has a project-wide property <c>ModelPack&lt;Name&gt;</c> (build/ModelPack.props).
/// </summary>
/// <param name="Name">As written in the project.</param>
/// <param name="Judge">Tests a value that is not empty.</param>
/// <param name="Takes">What it takes, in words.</param>
/// <param name="Today">What works today, in words; empty where everything does.</param>
internal sealed record Metadatum(string Name, Func<string, Verdict> Judge, string Takes, string Today = "")
{
    public static readonly Metadatum[] All =
    [
        new("Name", _ => Verdict.Fine, "a C# identifier"), // judged by ClassName, with codes of its own
        new("Namespace", _ => Verdict.Fine, "a C# namespace"),
        new("Quality", JudgeQuality, "Source, a level such as Balanced, or a KL divergence such as 0.05", "Source, which keeps the file's own numbers, and which is also what you get without this metadatum"),
        new("ContextLength", value => IsInteger(value, 1, 1 << 24) ? Verdict.Fine : Verdict.Invalid, "a number of positions from 1 to 16777216"),
        new("Instructions", value => Regex.IsMatch(value, @"^[A-Za-z0-9._,;+\- ]+$") ? Verdict.Fine : Verdict.Invalid, "values of IlcInstructionSet such as x86-64-v4 or armv8.2-a,dotprod, several separated by semicolons"),
        new("BitsPerWeight", value => Number(value) is >= 1 and <= 16 ? Verdict.NotYet : Verdict.Invalid, "a number of bits from 1 to 16", "no budget; leave it out and give Quality=\"Source\""),
        new("MaxSize", value => IsSize(value) ? Verdict.NotYet : Verdict.Invalid, "a size such as 60MB", "no budget; leave it out and give Quality=\"Source\""),
        new("MemoryBudget", value => IsSize(value) ? Verdict.NotYet : Verdict.Invalid, "a size such as 48MB", "no budget; leave it out and give Quality=\"Source\""),
        new("Optimize", value => OneOf(value, "Size", "Speed"), "Size or Speed", "no preference; leave it out"),
        new("Calibration", _ => Verdict.NotYet, "text files", "no calibration; leave it out and give Quality=\"Source\""),
        new("Embed", value => IsOneOf(value, "Resource") ? Verdict.Fine : OneOf(value, "Object", "Sidecar"), "Resource, Object or Sidecar", "Resource, which is also what you get without this metadatum"),
        new("Effort", value => OneOf(value, "Fast", "Normal", "Best"), "Fast, Normal or Best", "no choice; leave it out"),
        new("Recipe", value => OneOf(value, "Tiled", "DoubleCompression", "RoundToNearest"), "Tiled, DoubleCompression or RoundToNearest", "no choice; leave it out and give Quality=\"Source\""),
    ];

    /// <summary>Names that people try, and what they mean here.</summary>
    private static readonly (string Wrong, string Right)[] s_otherNames =
    [
        ("ClassName", "Name"), ("Class", "Name"), ("Quantization", "Quality"), ("Quantisation", "Quality"), ("Quant", "Quality"), ("Context", "ContextLength"), ("ContextSize", "ContextLength"),
        ("MaxContext", "ContextLength"), ("Bits", "BitsPerWeight"), ("Size", "MaxSize"), ("MaxMemory", "MemoryBudget"), ("Memory", "MemoryBudget"), ("InstructionSet", "Instructions"),
    ];

    /// <summary>The metadatum that was probably meant by <paramref name="name"/>, or null: then it is somebody else's.</summary>
    public static string? MeantBy(string name)
    {
        if (All.Any(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        foreach (var (wrong, right) in s_otherNames)
        {
            if (wrong.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return right;
            }
        }

        return All.Select(m => (m.Name, Distance: EditDistance(name.ToUpperInvariant(), m.Name.ToUpperInvariant())))
            .Where(m => m.Distance <= (m.Name.Length <= 5 ? 1 : 2))
            .OrderBy(m => m.Distance).Select(m => m.Name).FirstOrDefault();
    }

    /// <summary>Levenshtein distance.</summary>
    internal static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    private static Verdict JudgeQuality(string value)
    {
        if (IsOneOf(value, "Source"))
        {
            return Verdict.Fine;
        }

        return Number(value) is > 0 and < 100 || Regex.IsMatch(value, "^[A-Za-z]+$") ? Verdict.NotYet : Verdict.Invalid;
    }

    private static Verdict OneOf(string value, params string[] values) => IsOneOf(value, values) ? Verdict.NotYet : Verdict.Invalid;

    private static bool IsOneOf(string value, params string[] values) => values.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static bool IsInteger(string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;

    private static double? Number(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsSize(string value) => Regex.IsMatch(value, @"^\d{1,9}(\.\d{1,6})?\s*([kMG]i?)?B?$", RegexOptions.IgnoreCase);
}
