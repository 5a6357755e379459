extern alias generator;

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using generator::ModelPack.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

public class GeneratorDiagnosticsTests
{
    [Fact]
    public void MP4001_malformed_shape_has_file_line_column_and_prints_nothing()
    {
        var text = SamplePlan.ShapeText.Replace("kv-heads 2", "kv-heads two", StringComparison.Ordinal);
        var (problem, result) = Single(new GeneratorHost().WithShape(text), "MP4001");
        var span = problem.Location.GetLineSpan();
        Assert.Equal("/app/obj/Tiny.shape", span.Path);
        Assert.StartsWith("kv-heads two", text.Split('\n')[span.StartLinePosition.Line], StringComparison.Ordinal);
        Assert.Equal(9, span.StartLinePosition.Character);
        Assert.Contains("expected a number", problem.GetMessage(), StringComparison.Ordinal);
        Assert.Contains("got 'two'", problem.GetMessage(), StringComparison.Ordinal);
        Assert.Empty(result.GeneratedSources);
    }

    [Fact]
    public void MP4001_malformed_plan_leaves_the_types_and_the_other_models()
    {
        var other = SamplePlan.Plan("Other");
        var (_, result) = Single(
            new GeneratorHost().WithShape(SamplePlan.ShapeText).WithPlan("modelpack-plan 1\n")
                .WithShape(PlanText.Write(other.Shape), "/app/obj/Other.shape").WithPlan(PlanText.Write(other), "/app/obj/Other.plan"),
            "MP4001");
        Assert.Equal(["My.App.Other.Forward.g.cs", "My.App.Other.g.cs", "My.App.Tiny.Forward.g.cs", "My.App.Tiny.g.cs"], result.GeneratedSources.Select(s => s.HintName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void MP4002_newer_version() => Single(new GeneratorHost().WithShape(SamplePlan.ShapeText.Replace("modelpack-shape 1", "modelpack-shape 2", StringComparison.Ordinal)), "MP4002");

    [Fact]
    public void MP4003_plan_of_another_shape_says_what_differs()
    {
        var plan = SamplePlan.Plan();
        var (problem, _) = Single(
            new GeneratorHost().WithShape(SamplePlan.ShapeText).WithPlan(PlanText.Write(plan with { Shape = plan.Shape with { Sizes = plan.Shape.Sizes with { ContextLength = 64 } } })),
            "MP4003");
        Assert.Contains("ContextLength = 64", problem.GetMessage(), StringComparison.Ordinal);
        Assert.Contains("ContextLength = 512", problem.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void MP4003_plan_without_a_shape() => Single(new GeneratorHost().WithPlan(PlanText.Write(SamplePlan.Plan())), "MP4003");

    [Theory]
    [InlineData("Tiny")]
    [InlineData("TINY")]
    public void MP4004_two_models_with_one_class_name(string second)
    {
        var (problem, result) = Single(new GeneratorHost().WithShape(PlanText.Write(SamplePlan.Shape(second)), "/app/obj/z.shape").WithShape(SamplePlan.ShapeText), "MP4004");
        Assert.Equal("/app/obj/z.shape", problem.Location.GetLineSpan().Path);
        Assert.Contains("Tiny.shape", problem.GetMessage(), StringComparison.Ordinal);
        Assert.Contains(result.GeneratedSources, s => s.HintName == "My.App.Tiny.g.cs");
    }

    [Fact]
    public void The_same_class_name_in_two_namespaces_is_fine() => new GeneratorHost()
        .WithShape(SamplePlan.ShapeText)
        .WithShape(PlanText.Write(SamplePlan.Shape(ns: "My.Other")), "/app/obj/other.shape")
        .RunAndCompile();

    [Theory]
    [InlineData("name \"Tiny\"", "name \"Ti ny\"", "C# identifier")]
    [InlineData("name \"Tiny\"", "name \"Tiny; class Evil\"", "C# identifier")]
    [InlineData("name \"Tiny\"", "name \"Info\"", "members")]
    [InlineData("name \"Tiny\"", "name \"Layer\"", "nested type")]
    [InlineData("name \"Tiny\"", "name \"TokenEmbedding\"", "name of the class")]
    [InlineData("namespace \"My.App\"", "namespace \"My..App\"", "namespace")]
    [InlineData("accessor TokenEmbedding 0", "accessor Weights 0", "members")]
    [InlineData("accessor TokenEmbedding 0", "accessor TokenEmbedding 21", "outside 0 to 20")]
    [InlineData("accessor TokenEmbedding 0", "accessor TokenEmbedding 0 1", "has 2 weights; expected 1")]
    [InlineData("accessor TokenEmbedding 0", "accessor OutputNorm 0", "same path")]
    [InlineData("accessor TokenEmbedding 0", "accessor OutputNorm.Gain 0", "below a weight")]
    [InlineData("accessor Layers.Attention.Query 2 11", "accessor Layers.Attention.Query 2", "has 1 weights; expected 2")]
    [InlineData("vocabulary-size 100", "vocabulary-size 0", "vocabulary-size is 0")]
    [InlineData("weight \"output_norm.weight\" 1 64", "weight \"output_norm.weight\" 0 64", "[0, 64]")]
    public void MP4005_inconsistent_shape(string original, string damaged, string message)
    {
        Assert.Contains(original, SamplePlan.ShapeText, StringComparison.Ordinal);
        var (problem, result) = Single(new GeneratorHost().WithShape(SamplePlan.ShapeText.Replace(original, damaged, StringComparison.Ordinal)), "MP4005");
        Assert.Contains(message, problem.GetMessage(), StringComparison.Ordinal);
        Assert.Empty(result.GeneratedSources);
    }

    [Theory]
    [InlineData("call Embedding #0 x", "call Dispose #0 x", "no such operation")]
    [InlineData("call Embedding #0 x", "call Embedding #0", "has 1 operands; expected 2")]
    [InlineData("call Embedding #0 x", "call Embedding #0 x x", "has 3 operands; expected 2")]
    [InlineData("call Embedding #0 x", "call Embedding @none x", "'table' is of kind Weight, got NoWeight")]
    [InlineData("call Embedding #0 x", "call Embedding #21 x", "weight 21")]
    [InlineData("call Embedding #0 x", "call Embedding #0 y", "no buffer 'y'")]
    [InlineData("call Embedding #0 x", "call Embedding #0 x[60,5]", "columns [60, 65)")]
    [InlineData("call Embedding #0 x", "call Embedding .AttentionNorm x", "no slot")]
    [InlineData("buffer x 0 64", "buffer x 600 64", "the arena has [0, 640)")]
    [InlineData("buffer h 64 64", "buffer x 64 64", "declared twice")]
    [InlineData("repeat Layer 0", "repeat Lair 0", "unknown template")]
    [InlineData("repeat Layer 0", "repeat Layer 1", "layers 1 to 2")]
    [InlineData("row 1 2 3 4 5 6 7 8 9", "row 1 2 3 4 5 6 7 8", "8 weights")]
    [InlineData("row 1 2 3 4 5 6 7 8 9", "row 1 -1 3 4 5 6 7 8 9", "weight -1")]
    [InlineData("slots AttentionNorm", "slots Equals", "slot 'Equals'")]
    [InlineData("pack-hash \"00", "pack-hash \"0x", "32 hexadecimal digits")]
    public void MP4005_inconsistent_plan(string original, string damaged, string message)
    {
        var text = PlanText.Write(SamplePlan.Plan());
        Assert.Contains(original, text, StringComparison.Ordinal);
        var result = new GeneratorHost().WithShape(SamplePlan.ShapeText).WithPlan(text.Replace(original, damaged, StringComparison.Ordinal)).Run();
        Assert.All(result.Diagnostics, d => Assert.Equal("MP4005", d.Id));
        Assert.Contains(result.Diagnostics, d => d.GetMessage().Contains(message, StringComparison.Ordinal));
        Assert.Equal(2, result.GeneratedSources.Length);
    }

    [Fact]
    public void MP4006_without_the_runtime_one_error_says_it_all()
    {
        var (_, result) = Single(new GeneratorHost(withRuntime: false).WithShape(SamplePlan.ShapeText).WithPlan(PlanText.Write(SamplePlan.Plan())), "MP4006");
        Assert.Empty(result.GeneratedSources);
    }

    [Fact]
    public void MP4007_an_old_language_version()
    {
        var (_, result) = Single(new GeneratorHost(LanguageVersion.CSharp12).WithShape(SamplePlan.ShapeText).WithPlan(PlanText.Write(SamplePlan.Plan())), "MP4007");
        Assert.Empty(result.GeneratedSources);
    }

    [Fact]
    public void Generated_code_compiles_as_the_oldest_language_version_that_is_taken() =>
        new GeneratorHost(LanguageVersion.CSharp13).WithShape(SamplePlan.ShapeText).WithPlan(PlanText.Write(SamplePlan.Plan())).RunAndCompile();

    [Fact]
    public void Without_models_nothing_is_said_and_nothing_is_printed()
    {
        var result = new GeneratorHost(LanguageVersion.CSharp7, withRuntime: false).With("/app/x.shape", "not ours", kind: "").Run();
        Assert.Empty(result.Diagnostics);
        Assert.Empty(result.GeneratedSources);
    }

    [Fact]
    public void Every_code_is_unique_released_and_raised_by_a_test_here()
    {
        var codes = typeof(GeneratorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => ((DiagnosticDescriptor)f.GetValue(null)!).Id).ToArray();
        Assert.NotEmpty(codes);
        Assert.Equal(codes.Distinct(), codes);
        var releases = Source("Generator/AnalyzerReleases.Unshipped.md") + Source("Generator/AnalyzerReleases.Shipped.md");
        var tests = string.Join(' ', GetType().GetMethods().Select(m => m.Name));
        Assert.All(codes, code =>
        {
            Assert.Contains($"{code} |", releases, StringComparison.Ordinal);
            Assert.Contains(code + "_", tests, StringComparison.Ordinal);
        });
    }

    private static string Source(string relative, [CallerFilePath] string test = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(test)!, "..", "..", relative));

    private static (Diagnostic Problem, GeneratorRunResult Result) Single(GeneratorHost host, string code)
    {
        var result = host.Run();
        var problem = Assert.Single(result.Diagnostics);
        Assert.Equal(code, problem.Id);
        Assert.Equal(DiagnosticSeverity.Error, problem.Severity);
        Assert.DoesNotMatch(new Regex(@"\r|\n"), problem.GetMessage());
        return (problem, result);
    }
}
