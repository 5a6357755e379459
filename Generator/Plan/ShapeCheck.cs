using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace ModelPack.Plan;

/// <summary>Whether a shape that was read makes sense, so that what is printed from it compiles and no index in it leaves its table.</summary>
internal static class ShapeCheck
{
    /// <summary>Most problems that are listed of one file.</summary>
    public const int MaxProblems = 5;

    /// <summary>Members of the generated class, its base class and Object: no accessor and no class may have their names.</summary>
    private static readonly HashSet<string> s_members =
    [
        "Forward", "Generate", "GenerateAsync", "Load", "s_definition", "s_shared", "CreateForward", "CreateGenerator", "CreateChat", "StartChat", "ChatTemplate", "CreateChatTemplate",
        "UntranslatedChatTemplate", "Dispose", "GenerateShared",
        "GenerateSharedAsync", "Info", "Tokenizer", "Weights", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    ];

    /// <summary>Members of the structs between: theirs and Object's.</summary>
    private static readonly HashSet<string> s_groupMembers =
    [
        "_weights", "_layer", "Count", "GetEnumerator", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    ];

    /// <summary>What is wrong, in words; empty: nothing.</summary>
    public static IReadOnlyList<string> Problems(ModelShapeFile shape) => [.. Find(shape).Take(MaxProblems)];

    /// <summary>Whether <paramref name="name"/> is taken in the structs that hold weights.</summary>
    public static bool IsGroupMember(string name) => s_groupMembers.Contains(name);

    /// <summary>A C# identifier: letters of any script, digits, marks, underscores.</summary>
    public static bool IsCSharpIdentifier(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            var isPart = name[i] == '_' || char.IsLetter(name[i]) || (i > 0 && char.GetUnicodeCategory(name[i]) is
                UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
            if (!isPart)
            {
                return false;
            }
        }

        return name.Length is > 0 and <= 256;
    }

    private static IEnumerable<string> Find(ModelShapeFile shape)
    {
        if (!IsCSharpIdentifier(shape.Name))
        {
            yield return $"class name '{shape.Name}': expected a C# identifier; set the metadatum Name of CompressedModel";
        }
        else if (s_members.Contains(shape.Name))
        {
            yield return $"class name '{shape.Name}' is also the name of one of the class's members; set the metadatum Name of CompressedModel to another";
        }

        if (shape.Namespace.Length > 0 && !shape.Namespace.Split('.').All(IsCSharpIdentifier))
        {
            yield return $"namespace '{shape.Namespace}': expected C# identifiers with dots between them; set the metadatum Namespace of CompressedModel";
        }

        foreach (var weight in shape.Weights.Where(w => w.Rows < 1 || w.Columns < 1))
        {
            yield return $"weight '{weight.Name}' has the shape [{weight.Rows}, {weight.Columns}]; expected at least one row and one column";
        }

        foreach (var problem in Sizes(shape.Sizes).Concat(Accessors(shape)).Concat(Names(shape)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Sizes(PlanSizes sizes)
    {
        foreach (var (name, value, least) in new[]
        {
            ("vocabulary-size", sizes.VocabularySize, 1), ("context-length", sizes.ContextLength, 1), ("arena-floats", sizes.ArenaFloats, 0), ("max-width", sizes.MaxWidth, 0),
            ("cache-layers", sizes.CacheLayers, 0), ("kv-heads", sizes.KvHeads, 0), ("key-length", sizes.KeyLength, 0), ("value-length", sizes.ValueLength, 0),
        })
        {
            if (value < least)
            {
                yield return $"{name} is {value}; expected at least {least}";
            }
        }
    }

    private static IEnumerable<string> Accessors(ModelShapeFile shape)
    {
        var layers = -1;
        foreach (var accessor in shape.Accessors)
        {
            var perLayer = accessor.Path.StartsWith("Layers.", StringComparison.Ordinal);
            if (perLayer && layers < 0)
            {
                layers = accessor.Weights.Count;
            }

            var expected = perLayer ? Math.Max(layers, 1) : 1;
            if (!PlanText.IsDottedIdentifier(accessor.Path) || accessor.Path == "Layers")
            {
                yield return $"accessor '{accessor.Path}': expected ASCII identifiers with dots between them, and more after 'Layers'";
            }
            else if (accessor.Weights.Count != expected)
            {
                yield return $"accessor '{accessor.Path}' has {accessor.Weights.Count} weights; expected {expected}";
            }
            else if (accessor.Weights.Any(i => i >= shape.Weights.Count || i < (perLayer ? -1 : 0)) || accessor.Weights.All(i => i < 0))
            {
                yield return $"accessor '{accessor.Path}' has a weight outside 0 to {shape.Weights.Count - 1}";
            }
        }
    }

    /// <summary>Members of one scope must differ, and differ from their type.</summary>
    private static IEnumerable<string> Names(ModelShapeFile shape)
    {
        var paths = new HashSet<string>(shape.Accessors.Select(a => a.Path), StringComparer.Ordinal);
        if (paths.Count < shape.Accessors.Count)
        {
            yield return "two accessors have the same path";
        }

        foreach (var path in paths)
        {
            var parts = path.Split('.');
            for (var length = 1; length < parts.Length; length++)
            {
                if (paths.Contains(string.Join(".", parts.Take(length))))
                {
                    yield return $"accessor '{path}' lies below a weight";
                }
            }

            if (s_members.Contains(parts[0]) || parts[0] == shape.Name || parts.Skip(1).Any(s_groupMembers.Contains))
            {
                yield return $"accessor '{path}' has the name of the class or of one of its members";
            }
        }
    }
}
