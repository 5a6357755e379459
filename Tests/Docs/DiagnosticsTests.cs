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
    public void Pages_have_one_row_for_every_code_and_no_other()
    {
        var rows = Directory.GetFiles(Repository.Path("docs", "diagnostics"), "*.md").SelectMany(File.ReadLines)
            .Select(line => Row().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(s_all.Select(d => d.Code).Order(StringComparer.Ordinal), rows);
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

    [GeneratedRegex(@"^\| (MP\d{4}) \|")]
    private static partial Regex Row();
}
