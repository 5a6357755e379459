using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// Consecutive nodes of one layer (or outside the layers), with the values that come from before and those that are used later: what is kept between segments, and all
/// that is kept for the way back, where a segment is computed anew.
/// </summary>
/// <param name="Inputs">Values of earlier segments that this one reads.</param>
/// <param name="Outputs">Values of this one that later segments, or the head, read.</param>
internal sealed record GraphSegment(IReadOnlyList<Node> Nodes, IReadOnlyList<Value> Inputs, IReadOnlyList<Value> Outputs)
{
    /// <summary>Cuts a graph; the head that gives the logits, with its bias if it has one, is left out.</summary>
    /// <exception cref="ModelPackException">MP3403: the logits are no linear's result.</exception>
    public static (IReadOnlyList<GraphSegment> Segments, Node Head, WeightRef? HeadBias) Cut(Graph graph)
    {
        var last = graph.Nodes.Count > 0 ? graph.Nodes[^1] : null;
        var bias = graph.Nodes.Count > 1 ? last?.Op as AddBiasOp : null;
        var head = bias is null ? last : graph.Nodes[^2];
        if (head?.Op is not LinearOp { Matrices.Length: 1, Positions: 1 } || !graph.Outputs.TryGetValue("logits", out var logits) || last!.Outputs[0].Id != logits.Id
            || (bias is not null && last.Inputs[0].Id != head.Outputs[0].Id))
        {
            throw new ModelPackException(
                CompilerCodes.CalibrationUnsupported,
                "calibration wants a model whose logits are its last matrix's result; this one ends otherwise. Use Effort=\"Fast\", which does not calibrate, or Quality=\"Source\".");
        }

        var parts = new List<List<Node>>();
        foreach (var node in graph.Nodes.SkipLast(bias is null ? 1 : 2))
        {
            _ = OpGradients.Of(node.Op);
            if (parts.Count == 0 || parts[^1][^1].Layer != node.Layer)
            {
                parts.Add([]);
            }

            parts[^1].Add(node);
        }

        var lastUse = new Dictionary<int, int> { [head.Inputs[0].Id] = parts.Count };
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            foreach (var input in parts[i].SelectMany(n => n.Inputs))
            {
                lastUse.TryAdd(input.Id, i);
            }
        }

        return ([.. parts.Select((nodes, i) => Make(nodes, i, lastUse))], head, bias?.Bias);
    }

    private static GraphSegment Make(List<Node> nodes, int index, Dictionary<int, int> lastUse)
    {
        var own = nodes.SelectMany(n => n.Outputs).ToList();
        var ids = own.Select(v => v.Id).ToHashSet();
        return new(
            nodes,
            [.. nodes.SelectMany(n => n.Inputs).Where(v => !ids.Contains(v.Id)).DistinctBy(v => v.Id)],
            [.. own.Where(v => lastUse.GetValueOrDefault(v.Id, -1) > index)]);
    }
}
