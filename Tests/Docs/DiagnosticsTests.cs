extern alias generator;

using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using ModelPack.Compiler;
using ModelPack.Tests.Build;
using GeneratorCodes = generator::ModelPack.Generator.Diagnostics.GeneratorCodes;
using TaskCodes = ModelPack.Tasks.MpCodes;

namespace ModelPack.Tests.Docs;

/// <summary>Every diagnostic code of every project: unique, documented, raised by a test.</summary>
public sealed partial class DiagnosticsTests
{
    /// <summary>A code and the ways in which C# source names its constant.</summary>
    private sealed record Diagnostic(string Code, string Constant, string Project);

    private static readonly Diagnostic[] s_all =
    [
        .. Constants(typeof(MpCodes), "Runtime"),
        .. Constants(typeof(CompilerCodes), "Compiler"),
        .. Constants(typeof(TaskCodes), "Tasks"),
        .. typeof(GeneratorCodes).GetFields(BindingFlags.Static | BindingFlags.Public).Where(f => f.FieldType == typeof(DiagnosticDescriptor))
            .Select(f => new Diagnostic(((DiagnosticDescriptor)f.GetValue(null)!).Id, $"GeneratorCodes.{f.Name}", "Generator")),
        // Written in the targets themselves.
        .. Directory.GetFiles(Repository.Path("Tasks"), "*.targets", SearchOption.AllDirectories).SelectMany(f => TargetsCode().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).Distinct()
            .Where(c => Constants(typeof(TaskCodes), "").All(d => d.Code != c)).Select(c => new Diagnostic(c, c, "Tasks")),
    ];

    public static TheoryData<string> Codes => [.. s_all.Select(d => d.Code)];

    [Fact]
    public void Codes_are_unique_and_well_formed()
    {
        Assert.True(s_all.Length > 40, "some codes class was not found");
        Assert.All(s_all, d => Assert.Matches("^MP[1-9][0-9]{3}$", d.Code));
        Assert.Empty(s_all.GroupBy(d => d.Code).Where(g => g.Count() > 1).Select(g => string.Join(" and ", g)));
    }

    [Fact]
    public void A_code_lies_in_its_projects_range() => Assert.All(s_all, d => Assert.Contains(d.Code[2], d.Project switch
    {
        "Tasks" => "1",
        "Compiler" => "239",
        "Generator" => "4",
        _ => "5",
    }));

    [Fact]
    public void Every_code_has_a_page_and_every_page_a_code()
    {
        var pages = Directory.GetFiles(Repository.Path("docs", "diagnostics")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(s_all.Select(d => d.Code + ".md").Order(StringComparer.Ordinal), pages);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_page_has_message_cause_fix_and_example(string code)
    {
        var page = File.ReadAllText(Repository.Path("docs", "diagnostics", code + ".md"));
        var match = Page().Match(page);
        Assert.True(match.Success, $"docs/diagnostics/{code}.md is not '# {code}: title', then Message (a fenced block), Cause, Fix and Example, each with text.");
        Assert.Equal(code, match.Groups["code"].Value);
        Assert.Contains(code + ":", match.Groups["message"].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_lists_every_page_with_its_title_under_the_heading_of_its_hundred()
    {
        var expected = Directory.GetFiles(Repository.Path("docs", "diagnostics"), "MP*.md").Order(StringComparer.Ordinal)
            .Select(f => (Code: Path.GetFileNameWithoutExtension(f), Title: File.ReadLines(f).First()[10..]))
            .Select(p => $"{p.Code[..4]} | [{p.Code}](diagnostics/{p.Code}.md) | {p.Title} |");
        var section = "";
        var rows = new List<string>();
        foreach (var line in File.ReadLines(Repository.Path("docs", "diagnostics.md")))
        {
            section = line.StartsWith("## MP", StringComparison.Ordinal) ? line[3..7] : section;
            if (line.StartsWith("| [MP", StringComparison.Ordinal))
            {
                rows.Add($"{section} {line}");
            }
        }

        Assert.True(expected.SequenceEqual(rows), "docs/diagnostics.md does not list the pages as they are: run eng/diagnostics-index.sh.");
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_test_raises_it(string code)
    {
        var constant = s_all.Single(d => d.Code == code).Constant;
        var word = new Regex($@"\b({code}|{Regex.Escape(constant)})\b");
        var here = Repository.Path("Tests", "Docs");
        Assert.True(
            Directory.EnumerateFiles(Repository.Path("Tests"), "*.cs", SearchOption.AllDirectories)
                .Where(f => !f.StartsWith(here, StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Any(f => word.IsMatch(File.ReadAllText(f))),
            $"no test speaks of {code} ({constant}); write one that raises it.");
    }

    private static IEnumerable<Diagnostic> Constants(Type codes, string project) => codes.GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(f => f.IsLiteral && f.FieldType == typeof(string)).Select(f => new Diagnostic((string)f.GetRawConstantValue()!, $"{codes.Name}.{f.Name}", project));

    [GeneratedRegex(@"Code=""(MP\d{4})""")]
    private static partial Regex TargetsCode();

    [GeneratedRegex(@"\A# (?<code>MP\d{4}): [^\n]+\n\n## Message\n```\n(?<message>[^`]+)\n```\n\n## Cause\n(?!#)\S[^\n]+\n\n## Fix\n(?!#)\S[^\n]+\n\n## Example\n(?!#)\S[^\n]+\n\z")]
    private static partial Regex Page();
}
