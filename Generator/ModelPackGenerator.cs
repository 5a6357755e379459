using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelPack.Generator.Model;
using ModelPack.Plan;

namespace ModelPack.Generator;

/// <summary>
/// Prints the classes of compiled models: from each <c>X.shape</c> the class with its typed accessors, from each <c>X.plan</c> its forward pass.
/// The two are text files that the build's targets add as AdditionalFiles with the metadatum ModelPackKind.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelPackGenerator : IIncrementalGenerator
{
    private const string KindMetadatum = "build_metadata.AdditionalFiles.ModelPackKind";
    private const string ShapeKind = "shape", PlanKind = "plan";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var files = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, _) => (File: pair.Left, Kind: KindOf(pair.Left, pair.Right)))
            .Where(static f => f.Kind.Length > 0)
            .WithTrackingName(GeneratorSteps.Files);

        var shapes = files
            .Where(static f => f.Kind == ShapeKind)
            .Select(static (f, cancel) => ParsedFile.Shape(f.File.Path, f.File.GetText(cancel)?.ToString()))
            .WithTrackingName(GeneratorSteps.ParseShape);

        var plans = files
            .Where(static f => f.Kind == PlanKind)
            .Select(static (f, cancel) => ParsedFile.Plan(f.File.Path, f.File.GetText(cancel)?.ToString()))
            .WithTrackingName(GeneratorSteps.ParsePlan);

        var clashes = shapes.Collect()
            .Select(static (all, _) => ModelPairing.Clashes(all))
            .WithTrackingName(GeneratorSteps.Clashes);

        var pairs = shapes.Combine(plans.Collect())
            .Select(static (pair, _) => ModelPairing.Pair(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.Pair);

        var orphans = plans.Collect().Combine(shapes.Collect())
            .Select(static (pair, _) => ModelPairing.Orphans(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.Orphans);

        var host = context.CompilationProvider
            .Select(static (compilation, _) => HostFacts.ReferencesRuntime(compilation))
            .WithTrackingName(GeneratorSteps.LookForRuntime)
            .Combine(context.ParseOptionsProvider.Select(static (options, _) => HostFacts.IsRecent(options)))
            .Select(static (pair, _) => new HostFacts(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.Host);

        var surfaces = shapes.Combine(clashes)
            .Select(static (pair, _) => GeneratedFile.Surface(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.EmitSurface);

        var chats = shapes.Combine(clashes)
            .Select(static (pair, _) => GeneratedFile.Chat(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.EmitChat);

        var forwards = pairs.Combine(clashes)
            .Select(static (pair, _) => GeneratedFile.Forward(pair.Left, pair.Right))
            .WithTrackingName(GeneratorSteps.EmitForward);

        context.RegisterSourceOutput(surfaces.Combine(host), static (output, pair) => Add(output, pair.Left, pair.Right));
        context.RegisterSourceOutput(chats.Combine(host), static (output, pair) => Add(output, pair.Left, pair.Right));
        context.RegisterSourceOutput(forwards.Combine(host), static (output, pair) => Add(output, pair.Left, pair.Right));
        context.RegisterSourceOutput(orphans, static (output, problems) => Report(output, problems));
        context.RegisterSourceOutput(
            shapes.Collect().Select(static (all, _) => all.Length > 0).Combine(host),
            static (output, pair) => Report(output, pair.Left ? pair.Right.Problems() : default));
    }

    /// <summary>Without the runtime or the language every line would be an error: one says it all.</summary>
    private static void Add(SourceProductionContext output, GeneratedFile file, HostFacts host)
    {
        if (host.IsFine)
        {
            file.AddTo(output);
        }
        else
        {
            Report(output, file.Problems);
        }
    }

    private static void Report(SourceProductionContext output, EquatableArray<Diagnostics.Problem> problems)
    {
        foreach (var problem in problems)
        {
            output.ReportDiagnostic(problem.ToDiagnostic());
        }
    }

    private static string KindOf(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        !options.GetOptions(file).TryGetValue(KindMetadatum, out var kind) ? ""
        : string.Equals(kind, ShapeKind, StringComparison.OrdinalIgnoreCase) ? ShapeKind
        : string.Equals(kind, PlanKind, StringComparison.OrdinalIgnoreCase) ? PlanKind
        : "";
}
