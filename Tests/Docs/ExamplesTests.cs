using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelPack.Plan;
using ModelPack.Tasks.Items;
using ModelPack.Tests.Build;
using ModelPack.Tests.Generator;

namespace ModelPack.Tests.Docs;

/// <summary>Every example of the documentation compiles; every command names something that exists.</summary>
public sealed partial class ExamplesTests
{
    public static TheoryData<string, string> CSharp => Blocks("csharp");

    public static TheoryData<string, string> Xml => Blocks("xml");

    public static TheoryData<string, string> Shell => Blocks("sh");

    /// <summary>Against a class <c>Model</c> as the generator prints it for a small model.</summary>
    [Theory]
    [MemberData(nameof(CSharp))]
    public void CSharp_compiles_without_a_warning(string page, string text)
    {
        Assert.NotEmpty(page);
        var plan = SamplePlan.Plan("Model");
        new GeneratorHost().WithShape(PlanText.Write(plan.Shape)).WithPlan(PlanText.Write(plan)).WithCSharp(Program(text)).RunAndCompile();
    }

    [Theory]
    [MemberData(nameof(Xml))]
    public void Xml_is_well_formed_and_its_items_have_metadata_that_exist(string page, string text)
    {
        var document = XElement.Parse($"<Fragment>{text}</Fragment>");
        foreach (var item in document.Descendants("CompressedModel"))
        {
            foreach (var attribute in item.Attributes().Where(a => a.Name != "Include"))
            {
                var metadatum = Metadatum.All.SingleOrDefault(m => m.Name == attribute.Name);
                Assert.True(metadatum?.Judge(attribute.Value) == Verdict.Fine, $"{page}: {attribute} does not work today.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shell))]
    public void Commands_name_projects_scripts_and_options_that_exist(string page, string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.StartsWith('#')))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(words[0] == "dotnet" || words[0].StartsWith("artifacts/", StringComparison.Ordinal) || File.Exists(Repository.Path(words[0])), $"{page}: there is no '{words[0]}'.");
            foreach (Match project in ProjectArgument().Matches(line))
            {
                Assert.True(Directory.GetFiles(Repository.Path(project.Groups[1].Value), "*.csproj").Length == 1, $"{page}: there is no project in '{project.Groups[1].Value}'.");
            }

            if (line.Contains("--project sample-app", StringComparison.Ordinal))
            {
                var options = ProgramOption().Matches(line.Split(" -- ", 2).ElementAtOrDefault(1) ?? "").Select(m => m.Value);
                var known = File.ReadAllText(Repository.Path("sample-app", "Arguments.cs"));
                Assert.All(options, o => Assert.Contains($"case \"{o}\"", known, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void The_readme_begins_with_the_two_commands_of_a_fresh_clone()
    {
        var first = DocumentationFiles.Fences(Repository.Path("README.md"), "sh").First().Text;
        Assert.Equal("dotnet run -c Release --project sample-app -- \"Once upon a time\"\ndotnet test -c Release\n", first);
        Assert.Contains("Microsoft.Testing.Platform", File.ReadAllText(Repository.Path("global.json")), StringComparison.Ordinal);
        Assert.True(File.Exists(Repository.Path("Tests", "Fixtures", "stories260K.gguf")), "the sample's default model is in the repository");
    }

    /// <summary>Statements become the body of a method that has a model at hand; directives go to the top.</summary>
    private static string Program(string text)
    {
        var directives = Directive().Matches(text).Select(m => m.Value);
        var parameters = "global::System.Threading.CancellationToken cancellationToken" + (text.Contains("var model =", StringComparison.Ordinal) ? "" : ", Model model")
            + (text.Contains("var generator =", StringComparison.Ordinal) ? "" : ", TextGenerator generator");
        return new StringBuilder()
            .AppendLine("using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Threading; using System.Threading.Tasks; using ModelPack; using My.App;")
            .AppendJoin('\n', directives.Where(d => d is not ("using ModelPack;" or "using MyApp;"))).AppendLine()
            .AppendLine($"static class Example {{ static async Task Run({parameters}) {{ await Task.CompletedTask;")
            .AppendLine(Directive().Replace(text, ""))
            .AppendLine("} }")
            .ToString();
    }

    private static TheoryData<string, string> Blocks(string language)
    {
        var data = new TheoryData<string, string>();
        foreach (var fence in DocumentationFiles.All.SelectMany(p => DocumentationFiles.Fences(p, language)))
        {
            // Whole files: GeneratedCodePageTests compiles them.
            if (fence.Text.StartsWith("// <auto-generated>", StringComparison.Ordinal))
            {
                continue;
            }

            data.Add(fence.Page, fence.Text);
        }

        return data;
    }

    [GeneratedRegex(@"^using [\w.]+;$", RegexOptions.Multiline)]
    private static partial Regex Directive();

    [GeneratedRegex(@"(?:--project|publish) ([\w./-]+)")]
    private static partial Regex ProjectArgument();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex ProgramOption();
}
