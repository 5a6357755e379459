using System.Collections.Generic;
using System.Linq;
using ModelPack.Generator.Diagnostics;
using ModelPack.Plan;

namespace ModelPack.Generator.Model;

/// <summary>A shape with the plan that lies beside it, if there is one.</summary>
internal sealed record ModelPair(ParsedFile<ModelShapeFile> Shape, ParsedFile<ModelPlan>? Plan);

/// <summary>What concerns more than one file.</summary>
internal static class ModelPairing
{
    public static ModelPair Pair(ParsedFile<ModelShapeFile> shape, IEnumerable<ParsedFile<ModelPlan>> plans) =>
        new(shape, plans.FirstOrDefault(p => p.Stem == shape.Stem));

    /// <summary>Why the pair's plan cannot be printed for its shape; null where it can.</summary>
    public static Problem? Mismatch(ModelPair pair)
    {
        if (pair.Plan is not { Value.Shape: { } inPlan, Path: { } path } || pair.Shape.Value is not { } shape || inPlan == shape)
        {
            return null;
        }

        var part = inPlan.Name != shape.Name || inPlan.Namespace != shape.Namespace ? $"class {inPlan.Namespace}.{inPlan.Name} is not {shape.Namespace}.{shape.Name}"
            : !inPlan.Facts.Equals(shape.Facts) ? "the facts differ"
            : inPlan.Sizes != shape.Sizes ? $"{inPlan.Sizes} is not {shape.Sizes}"
            : !inPlan.Weights.Equals(shape.Weights) ? "the weights differ"
            : inPlan.ChatTemplate != shape.ChatTemplate ? "the chat templates differ"
            : "the accessors differ";
        return new(GeneratorCodes.Mismatch, path, 1, 1, $"the plan was made from another model or with other options than {pair.Shape.FileName}: {part}; rebuild the project");
    }

    /// <summary>Plans beside which there is no shape.</summary>
    public static EquatableArray<Problem> Orphans(IEnumerable<ParsedFile<ModelPlan>> plans, IEnumerable<ParsedFile<ModelShapeFile>> shapes)
    {
        var stems = new HashSet<string>(shapes.Select(s => s.Stem));
        return new(plans
            .Where(p => !stems.Contains(p.Stem))
            .Select(p => new Problem(GeneratorCodes.Mismatch, p.Path, 1, 1, $"no shape file {System.IO.Path.GetFileName(p.Stem)}.shape lies beside this plan; rebuild the project")));
    }

    /// <summary>
    /// Shapes whose class another one already has: all but the first by path. Case does not tell classes apart here, for the names of generated files must differ in more.
    /// </summary>
    public static EquatableArray<Problem> Clashes(IEnumerable<ParsedFile<ModelShapeFile>> shapes)
    {
        var problems = new List<Problem>();
        foreach (var group in shapes
            .Where(s => s.Value is not null)
            .OrderBy(s => s.Path, System.StringComparer.Ordinal)
            .GroupBy(s => FullName(s.Value!), System.StringComparer.OrdinalIgnoreCase))
        {
            var first = group.First();
            problems.AddRange(group.Skip(1).Select(s => new Problem(
                GeneratorCodes.NameClash,
                s.Path,
                1,
                1,
                $"the class {FullName(s.Value!)} is already that of {first.FileName}; set the metadatum Name of one of the CompressedModel items (more than upper and lower case must differ)")));
        }

        return new(problems);
    }

    public static string FullName(ModelShapeFile shape) => shape.Namespace.Length > 0 ? $"{shape.Namespace}.{shape.Name}" : shape.Name;
}
