extern alias generator;

using System.Collections.Immutable;
using Basic.Reference.Assemblies;
using generator::ModelPack.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace ModelPack.Tests.Generator;

/// <summary>Runs the generator as a compiler would, edit after edit, and compiles what it prints.</summary>
internal sealed class GeneratorHost
{
    private static readonly MetadataReference s_runtime = MetadataReference.CreateFromFile(typeof(TextModel).Assembly.Location);
    private readonly Dictionary<string, MemoryFile> _files = [];
    private readonly CSharpParseOptions _parse;
    private CSharpCompilation _compilation;
    private GeneratorDriver _driver;

    public GeneratorHost(LanguageVersion language = LanguageVersion.CSharp14, bool withRuntime = true)
    {
        _parse = new(language, DocumentationMode.Diagnose);
        var references = withRuntime ? Net100.References.All.Append(s_runtime) : Net100.References.All;
        _compilation = CSharpCompilation.Create(
            "App",
            [Tree("class Program { static void Main() { } }")],
            references,
            new(OutputKind.ConsoleApplication, warningLevel: 9999, nullableContextOptions: NullableContextOptions.Enable, generalDiagnosticOption: ReportDiagnostic.Error));
        _driver = CSharpGeneratorDriver.Create(
            [new ModelPackGenerator().AsSourceGenerator()],
            parseOptions: _parse,
            optionsProvider: new KindOptions(),
            driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
    }

    /// <summary>Adds or changes an additional file; a kind of "" is a file of somebody else's.</summary>
    public GeneratorHost With(string path, string text, string kind)
    {
        var file = new MemoryFile(path, text, kind);
        _driver = _files.Remove(path, out var old) ? _driver.ReplaceAdditionalText(old, file) : _driver.AddAdditionalTexts([file]);
        _files.Add(path, file);
        return this;
    }

    public GeneratorHost WithShape(string text, string path = "/app/obj/Tiny.shape") => With(path, text, "shape");

    public GeneratorHost WithPlan(string text, string path = "/app/obj/Tiny.plan") => With(path, text, "plan");

    /// <summary>Adds a C# file, as an edit would.</summary>
    public GeneratorHost WithCSharp(string source)
    {
        _compilation = _compilation.AddSyntaxTrees(Tree(source));
        return this;
    }

    public GeneratorRunResult Run()
    {
        _driver = _driver.RunGenerators(_compilation);
        var result = _driver.GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        return result;
    }

    /// <summary>Runs, compiles all, and asserts that there is neither an error nor a warning.</summary>
    public GeneratorRunResult RunAndCompile() => RunAndCompile(out _);

    /// <summary>As <see cref="RunAndCompile()"/>; <paramref name="assembly"/> can be loaded and run.</summary>
    public GeneratorRunResult RunAndCompile(out byte[] assembly)
    {
        var result = Run();
        Assert.Empty(result.Diagnostics);
        var all = _compilation.AddSyntaxTrees(result.GeneratedSources.Select(s => s.SyntaxTree));
        var problems = all.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden).Select(d => d.ToString());
        Assert.True(!problems.Any(), string.Join('\n', problems) + "\n" + string.Join('\n', result.GeneratedSources.Select(s => s.SourceText)));
        using var stream = new MemoryStream();
        Assert.True(all.Emit(stream).Success);
        assembly = stream.ToArray();
        return result;
    }

    /// <summary>The reasons of a step's outputs in the last run, without repetitions; empty where it did not take part.</summary>
    public static IncrementalStepRunReason[] Reasons(GeneratorRunResult result, string step) =>
        result.TrackedSteps.TryGetValue(step, out var runs) ? [.. runs.SelectMany(r => r.Outputs).Select(o => o.Reason).Distinct().Order()] : [];

    private SyntaxTree Tree(string source) => CSharpSyntaxTree.ParseText(source, _parse);

    private sealed class MemoryFile(string path, string text, string kind) : AdditionalText
    {
        public override string Path => path;

        public string Kind => kind;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    private sealed class KindOptions : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Options("");

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Options(((MemoryFile)textFile).Kind);
    }

    private sealed class Options(string kind) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
        {
            value = kind.Length > 0 && key == "build_metadata.AdditionalFiles.ModelPackKind" ? kind : null;
            return value is not null;
        }
    }
}
