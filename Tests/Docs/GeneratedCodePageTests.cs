using Microsoft.CodeAnalysis;
using ModelPack.Compiler;
using ModelPack.Compiler.Import;
using ModelPack.Plan;
using ModelPack.Tests.Build;
using ModelPack.Tests.Generator;

namespace ModelPack.Tests.Docs;

/// <summary>docs/generated-code.md shows what the sample's build generates. With MODELPACK_UPDATE_SNAPSHOTS=1 the page is written anew.</summary>
public sealed class GeneratedCodePageTests
{
    private static readonly string s_path = Repository.Path("docs", "generated-code.md");

    [Fact]
    public void The_code_on_the_page_is_what_is_generated_for_the_sample()
    {
        var page = File.ReadAllText(s_path).ReplaceLineEndings("\n");
        var generated = Generate();
        if (Environment.GetEnvironmentVariable("MODELPACK_UPDATE_SNAPSHOTS") == "1")
        {
            foreach (var (file, text) in generated)
            {
                var start = page.IndexOf("```csharp\n", page.IndexOf($"## `{file}`\n", StringComparison.Ordinal), StringComparison.Ordinal);
                page = string.Concat(page.AsSpan(0, start), Fenced(text), page.AsSpan(page.IndexOf("\n```\n", start, StringComparison.Ordinal) + 5));
            }

            File.WriteAllText(s_path, page);
        }

        foreach (var (file, text) in generated)
        {
            Assert.True(page.Contains(Fenced(text), StringComparison.Ordinal), $"docs/generated-code.md no longer shows {file} as it is generated: run this test with MODELPACK_UPDATE_SNAPSHOTS=1, read the difference, commit it.");
        }
    }

    private static string Fenced(string code) => $"```csharp\n{code.TrimEnd('\n')}\n```\n";

    /// <summary>Compiles the fixture as the targets do, prints its classes, and compiles those.</summary>
    private static (string File, string Text)[] Generate()
    {
        using var source = ModelSource.Open(Repository.Path("Tests", "Fixtures", "stories260K.gguf"));
        using var pack = new MemoryStream();
        var plan = ModelCompiler.Pack(source, new("SampleModel", "SampleApp", null), pack, 1, Compiler.Stages.StageClock.Silent, CancellationToken.None).Plan;
        var result = new GeneratorHost().WithShape(PlanText.Write(plan.Shape), "/app/obj/SampleModel.shape").WithPlan(PlanText.Write(plan), "/app/obj/SampleModel.plan").RunAndCompile();
        return [.. result.GeneratedSources.Select(s => (s.HintName, s.SourceText.ToString()))];
    }
}
