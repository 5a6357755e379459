using System.Collections.Generic;
using System.Linq;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>
/// Prints <c>model.TokenEmbedding</c>, <c>model.Layers[i].Attention.Query</c> and the structs between: views that hold the list of weights and a layer's index.
/// </summary>
internal static class AccessorEmitter
{
    private const string WeightType = "global::ModelPack.Weight";
    private const string WeightList = "global::System.Collections.Generic.IReadOnlyList<global::ModelPack.Weight>";

    public static void Emit(CodeWriter code, ModelShapeFile shape)
    {
        var root = AccessorTree.Of(shape.Accessors);
        foreach (var child in root.Children)
        {
            code.Line();
            if (child.Name == AccessorTree.Layers)
            {
                code.Line("/// <summary>The layers, from the input to the output.</summary>");
                code.Line("public LayerList Layers => new(Weights);");
            }
            else
            {
                Property(code, shape, child, TypeName("", child.Name), weights: "Weights", perLayer: false);
            }
        }

        foreach (var child in root.Children.Where(c => c.IsGroup))
        {
            if (child.Name == AccessorTree.Layers)
            {
                LayerList(code, LayerCount(child));
                Group(code, shape, child, "Layer", "The weights of one layer.", perLayer: true);
            }
            else
            {
                Group(code, shape, child, TypeName("", child.Name), $"The weights of <see cref=\"{CSharpText.Identifier(child.Name)}\"/>.", perLayer: false);
            }
        }
    }

    /// <summary>Names of the nested types that are printed for <paramref name="shape"/>; they must differ from each other and from the members beside them.</summary>
    public static IEnumerable<string> NestedTypes(ModelShapeFile shape)
    {
        foreach (var child in AccessorTree.Of(shape.Accessors).Children.Where(c => c.IsGroup))
        {
            var isLayers = child.Name == AccessorTree.Layers;
            if (isLayers)
            {
                yield return "LayerList";
            }

            foreach (var name in TypeNames(child, isLayers ? "Layer" : TypeName("", child.Name)))
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> TypeNames(AccessorTree group, string name) =>
        group.Children.Where(c => c.IsGroup).SelectMany(c => TypeNames(c, TypeName(name, c.Name))).Prepend(name);

    /// <summary>Layers.Attention → LayerAttention; OutputHead → OutputHeadWeights (a property of that name lies beside it).</summary>
    private static string TypeName(string parent, string name) => parent.Length == 0 ? name + "Weights" : parent + name;

    private static int LayerCount(AccessorTree node) => node.Weights?.Count ?? LayerCount(node.Children[0]);

    private static void LayerList(CodeWriter code, int count)
    {
        code.Line();
        code.Lines(
            $$"""
            /// <summary>The layers, from the input to the output.</summary>
            public readonly struct LayerList : global::System.Collections.Generic.IReadOnlyList<Layer>
            {
                private readonly {{WeightList}} _weights;

                internal LayerList({{WeightList}} weights) => _weights = weights;

                /// <summary>{{CSharpText.Integer(count)}}.</summary>
                public int Count => {{CSharpText.Integer(count)}};

                /// <summary>Layer <paramref name="index"/>, from 0.</summary>
                /// <exception cref="global::System.ArgumentOutOfRangeException">There is no such layer.</exception>
                public Layer this[int index] => index is >= 0 and < {{CSharpText.Integer(count)}}
                    ? new(_weights, index)
                    : throw new global::System.ArgumentOutOfRangeException(nameof(index), index, "expected 0 to {{CSharpText.Integer(count - 1)}}");

                /// <summary>One after the other.</summary>
                public global::System.Collections.Generic.IEnumerator<Layer> GetEnumerator()
                {
                    for (var index = 0; index < {{CSharpText.Integer(count)}}; index++)
                    {
                        yield return new(_weights, index);
                    }
                }

                global::System.Collections.IEnumerator global::System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
            }
            """);
    }

    private static void Group(CodeWriter code, ModelShapeFile shape, AccessorTree group, string type, string summary, bool perLayer)
    {
        code.Line();
        code.Line($"/// <summary>{summary}</summary>");
        using (code.Block($"public readonly struct {CSharpText.Identifier(type)}"))
        {
            code.Line($"private readonly {WeightList} _weights;");
            if (perLayer)
            {
                code.Line("private readonly int _layer;");
            }

            code.Line();
            using (code.Block($"internal {CSharpText.Identifier(type)}({WeightList} weights{(perLayer ? ", int layer" : "")})"))
            {
                code.Line("_weights = weights;");
                if (perLayer)
                {
                    code.Line("_layer = layer;");
                }
            }

            foreach (var child in group.Children)
            {
                code.Line();
                Property(code, shape, child, TypeName(type, child.Name), "_weights", perLayer);
            }
        }

        foreach (var child in group.Children.Where(c => c.IsGroup))
        {
            var name = TypeName(type, child.Name);
            Group(code, shape, child, name, $"The weights of <see cref=\"{CSharpText.Identifier(type)}.{CSharpText.Identifier(child.Name)}\"/>.", perLayer);
        }
    }

    private static void Property(CodeWriter code, ModelShapeFile shape, AccessorTree node, string type, string weights, bool perLayer)
    {
        var name = CSharpText.Identifier(node.Name);
        if (node.Weights is not { } indices)
        {
            code.Line($"/// <summary>{Words(node.Name)} weights.</summary>");
            code.Line($"public {CSharpText.Identifier(type)} {name} => new({weights}{(perLayer ? ", _layer" : "")});");
            return;
        }

        var present = indices.Where(i => i >= 0).Select(i => shape.Weights[i]).ToArray();
        var isOptional = present.Length < indices.Count;
        code.Line($"/// <summary><c>{CSharpText.Doc(LayerPattern.Name([.. present.Select(w => w.Name)]))}</c>, "
            + $"{LayerPattern.OneOf(present.Select(w => $"[{CSharpText.Integer(w.Rows)}, {CSharpText.Integer(w.Columns)}]"))}{(isOptional ? "; null in layers that have none" : "")}.</summary>");
        if (LayerPattern.Linear(indices, "_layer") is { } index)
        {
            code.Line($"public {WeightType} {name} => {weights}[{index}];");
            return;
        }

        var table = $"((global::System.ReadOnlySpan<int>){LayerPattern.Table(indices)})[_layer]";
        code.Line(isOptional
            ? $"public {WeightType}? {name} => {table} is >= 0 and var index ? {weights}[index] : null;"
            : $"public {WeightType} {name} => {weights}[{table}];");
    }

    /// <summary><c>FeedForward</c> → <c>Feed forward</c>.</summary>
    private static string Words(string name)
    {
        var words = new System.Text.StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = i > 0 && name[i] is >= 'A' and <= 'Z' && name[i - 1] is >= 'a' and <= 'z';
            words.Append(startsWord ? " " + char.ToLowerInvariant(name[i]) : name[i].ToString());
        }

        return words.ToString();
    }
}
