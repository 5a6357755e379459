using System.Linq;
using Microsoft.CodeAnalysis;
using ModelPack.Generator.Diagnostics;
using ModelPack.Generator.Emit;
using ModelPack.Plan;

namespace ModelPack.Generator.Model;

/// <summary>One file to add, or problems, or both. What a step gives is compared by its text, so that nothing is added anew that is the same.</summary>
internal sealed record GeneratedFile(string HintName, string? Source, EquatableArray<Problem> Problems)
{
    /// <summary>The class with its accessors.</summary>
    public static GeneratedFile Surface(ParsedFile<ModelShapeFile> shape, EquatableArray<Problem> clashes)
    {
        if (shape.Value is not { } value)
        {
            return new("", null, shape.Problems);
        }

        var clash = clashes.Where(c => c.Path == shape.Path).ToArray();
        return clash.Length > 0 ? new("", null, new(clash)) : new(ModelPairing.FullName(value) + ".g.cs", SurfaceEmitter.Emit(value, shape.FileName), default);
    }

    /// <summary>The chat template, where the model has one.</summary>
    public static GeneratedFile Chat(ParsedFile<ModelShapeFile> shape, EquatableArray<Problem> clashes) =>
        shape.Value is not { ChatTemplate.Length: > 0 } value || clashes.Any(c => c.Path == shape.Path)
            ? new("", null, default)
            : new(ModelPairing.FullName(value) + ".Chat.g.cs", ChatEmitter.Emit(value, shape.FileName), default);

    /// <summary>
    /// The forward pass. Where the plan is missing or wrong its place is held by one that only throws, so that the one error reported is the one that matters.
    /// </summary>
    public static GeneratedFile Forward(ModelPair pair, EquatableArray<Problem> clashes)
    {
        if (pair.Shape.Value is not { } shape || clashes.Any(c => c.Path == pair.Shape.Path))
        {
            return new("", null, pair.Plan?.Problems ?? default);
        }

        var hint = ModelPairing.FullName(shape) + ".Forward.g.cs";
        if (ModelPairing.Mismatch(pair) is { } mismatch)
        {
            return new(hint, StubEmitter.Emit(shape), new([mismatch]));
        }

        return pair.Plan?.Value is { } plan
            ? new(hint, ForwardEmitter.Emit(plan, pair.Plan.FileName), default)
            : new(hint, StubEmitter.Emit(shape), pair.Plan?.Problems ?? default);
    }

    public void AddTo(SourceProductionContext context)
    {
        foreach (var problem in Problems)
        {
            context.ReportDiagnostic(problem.ToDiagnostic());
        }

        if (Source is not null)
        {
            context.AddSource(HintName, Source);
        }
    }
}
