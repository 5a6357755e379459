using System;
using System.Collections.Generic;
using System.Linq;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>Whether the names of the nested types that are printed leave each other, and what lies beside and inside them, alone.</summary>
internal static class SurfaceNames
{
    public static IReadOnlyList<string> Problems(ModelShapeFile shape)
    {
        var types = AccessorEmitter.NestedTypes(shape).ToArray();
        var beside = new HashSet<string>(shape.Accessors.Select(a => a.Path.Split('.')[0]), StringComparer.Ordinal) { shape.Name, "Forward" };
        var inside = new HashSet<string>(shape.Accessors.SelectMany(a => a.Path.Split('.').Skip(1)), StringComparer.Ordinal);
        var problems = new List<string>();
        for (var i = 0; i < types.Length && problems.Count < ShapeCheck.MaxProblems; i++)
        {
            if (beside.Contains(types[i]) || inside.Contains(types[i]) || Array.IndexOf(types, types[i]) < i)
            {
                problems.Add($"'{types[i]}', the name of a nested type of class '{shape.Name}', is taken twice; set the metadatum Name of CompressedModel to another if it is the class's");
            }
        }

        return problems;
    }
}
