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
/// The metadata of <c>CompressedModel</c>: one row each, with the test of its values and what the compiler is told of it.
/// Each has a project-wide property <c>ModelPack&lt;Name&gt;</c> (build/ModelPack.props). To make one available, delete <see cref="Today"/> of its row
/// (and <see cref="IsAvailable"/>, where it was available in part).
/// </summary>
/// <param name="Name">As written in the project.</param>
/// <param name="IsValue">Whether a value that is not empty is one of this metadatum's.</param>
/// <param name="Takes">What it takes, in words.</param>
internal sealed record Metadatum(string Name, Func<string, bool> IsValue, string Takes)
{
    public static readonly Metadatum[] All =
    [
        new("Name", _ => true, "a C# identifier"), // judged by ClassName, with codes of its own
        new("Namespace", _ => true, "a C# namespace"),
        new("Quality", IsQuality, "Source, a level such as Balanced, or a KL divergence such as 0.05")
        {
            Option = "--quality", OfShape = true,
        },
        new("ContextLength", value => IsInteger(value, 1, 1 << 24), "a number of positions from 1 to 16777216") { Option = "--context-length", OfShape = true },
        new("Instructions", value => Regex.IsMatch(value, @"^[A-Za-z0-9._,;+\- ]+$"), "values of IlcInstructionSet such as x86-64-v4 or armv8.2-a,dotprod, several separated by semicolons"),
        new("BitsPerWeight", value => Number(value) is >= 1 and <= 16, "a number of bits from 1 to 16") { Option = "--bits-per-weight" },
        new("MaxSize", IsSize, "a size such as 60MB") { Option = "--max-size" },
        new("MemoryBudget", IsSize, "a size such as 48MB") { Option = "--memory-budget" },
        new("DecodeSpeed", value => Number(value) is > 0 and <= 1e6, "tokens a second such as 40") { Option = "--decode-speed" },
        new("Profile", value => Regex.IsMatch(value, "^[^<>|?*\"\\x00-\\x1f]+$"), "a profile that comes with ModelPack, such as x86-64-v3, or a file that 'modelpack profile' wrote") { Option = "--profile", FileOrName = true },
        new("Optimize", value => IsOneOf(value, "Size", "Speed"), "Size or Speed") { Option = "--optimize" },
        new("Calibration", _ => true, "text files") { Option = "--calibration", Files = true },
        new("Embed", value => IsOneOf(value, "Resource", "Object", "Sidecar"), "Resource, Object or Sidecar")
        {
            IsAvailable = value => IsOneOf(value, "Resource"), Today = "Resource, which is also what you get without this metadatum",
        },
        new("Effort", value => IsOneOf(value, "Fast", "Normal", "Best"), "Fast, Normal or Best") { Option = "--effort" },
        new("Recipe", value => IsOneOf(value, "Tiled", "DoubleCompression", "RoundToNearest"), "Tiled, DoubleCompression or RoundToNearest")
        {
            Option = "--recipe",
        },
    ];

    /// <summary>The compiler's option for it; empty: the compiler is not told.</summary>
    public string Option { get; init; } = "";

    /// <summary>Whether the shape, and with it the public types, depends on it: then <c>inspect</c> is told, too.</summary>
    public bool OfShape { get; init; }

    /// <summary>Whether it names files: several, separated by semicolons, relative to the project; their contents count as inputs, and the option is given once for each.</summary>
    public bool Files { get; init; }

    /// <summary>Whether it names a file, relative to the project, where there is one of that name; its contents count as inputs then.</summary>
    public bool FileOrName { get; init; }

    /// <summary>What works today, in words, where not everything does; empty: everything does.</summary>
    public string Today { get; init; } = "";

    /// <summary>Which values work today, where <see cref="Today"/> is not empty.</summary>
    public Func<string, bool> IsAvailable { get; init; } = _ => false;

    /// <summary>Tests a value that is not empty.</summary>
    public Verdict Judge(string value) => !IsValue(value) ? Verdict.Invalid : Today.Length == 0 || IsAvailable(value) ? Verdict.Fine : Verdict.NotYet;

    /// <summary>Whether a quality keeps the file's own numbers: then there is nothing to calibrate or to search.</summary>
    public static bool IsSource(string quality) => IsOneOf(quality, "Source");

    /// <summary>Names that people try, and what they mean here.</summary>
    private static readonly (string Wrong, string Right)[] s_otherNames =
    [
        ("ClassName", "Name"), ("Class", "Name"), ("Quantization", "Quality"), ("Quantisation", "Quality"), ("Quant", "Quality"), ("Context", "ContextLength"), ("ContextSize", "ContextLength"),
        ("MaxContext", "ContextLength"), ("Bits", "BitsPerWeight"), ("Size", "MaxSize"), ("MaxMemory", "MemoryBudget"), ("Memory", "MemoryBudget"), ("Speed", "DecodeSpeed"), ("TokensPerSecond", "DecodeSpeed"), ("InstructionSet", "Instructions"),
    ];

    public static Metadatum Named(string name) => All.Single(m => m.Name == name);

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

    private static bool IsQuality(string value) => Number(value) is > 0 and < 100 || Regex.IsMatch(value, "^[A-Za-z]+$");

    private static bool IsOneOf(string value, params string[] values) => values.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static bool IsInteger(string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;

    private static double? Number(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsSize(string value) => Regex.IsMatch(value, @"^\d{1,9}(\.\d{1,6})?\s*([kMG]i?)?B?$", RegexOptions.IgnoreCase);
}
