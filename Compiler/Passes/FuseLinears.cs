using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Passes;

/// <summary>
/// Joins matrices that are applied to the same input (queries, keys and values; gate and up) into one operation: the input is quantised once
/// and the threads meet once. Each row's result stays what it was.
/// </summary>
internal sealed class FuseLinears : IPass
{
    /// <summary>Most matrices that the runtime's kernel takes at once.</summary>
    private const int MaxMatrices = 8;

    public string Name => nameof(FuseLinears);

    public bool ReadsWeights => false;

    public void Run(Graph graph)
    {
        var result = new List<Node>();
        var fused = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            var node = graph.Nodes[i];
            if (fused.Contains(node))
            {
                continue;
            }

            if (node.Op is not LinearOp)
            {
                result.Add(node);
                continue;
            }

            // Later ones with the same input can come forward: they depend on nothing else.
            List<Node> group = [node, .. graph.Nodes.Skip(i + 1).Where(n => n.Op is LinearOp && n.Inputs[0].Id == node.Inputs[0].Id && n.Layer == node.Layer).Take(MaxMatrices - 1)];
            fused.UnionWith(group);
            result.Add(group.Count == 1 ? node : new(
                new LinearOp([.. group.SelectMany(n => ((LinearOp)n.Op).Matrices)]),
                node.Inputs,
                [.. group.SelectMany(n => n.Outputs)],
                node.Layer,
                Join([.. group.Select(n => n.Comment)])));
        }

        graph.Replace(result);
    }

    private static string Join(string[] parts) => $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
}
