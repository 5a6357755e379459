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
        // The graph's results have buffers of their own: they cannot lie beside others.
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        var groups = graph.Nodes.Where(n => n.Op is LinearOp { Positions: 1 } && !n.Outputs.Any(o => results.Contains(o.Id)))
            .GroupBy(n => (n.Inputs[0].Id, n.Layer))
            .SelectMany(g => g.Chunk(MaxMatrices))
            .Where(g => g.Length > 1)
            .SelectMany(g => g.Select(n => (First: n.Outputs[0].Id, Group: g)))
            .ToDictionary(g => g.First, g => g.Group);
        var result = new List<Node>();
        foreach (var node in graph.Nodes)
        {
            if (!groups.TryGetValue(node.Outputs[0].Id, out var group))
            {
                result.Add(node);
            }
            else if (group[0] == node)
            {
                // The others come forward to the first: they depend on nothing but the same input.
                result.Add(new(
                    new LinearOp([.. group.SelectMany(n => ((LinearOp)n.Op).Matrices)]),
                    node.Inputs,
                    [.. group.SelectMany(n => n.Outputs)],
                    node.Layer,
                    Join([.. group.Select(n => n.Comment)])));
            }
        }

        graph.Replace(result);
    }

    private static string Join(string[] parts) => $"{string.Join(", ", parts[..^1])} and {parts[^1]}";
}
