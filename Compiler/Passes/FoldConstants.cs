using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Passes;

/// <summary>
/// Drops operations whose constants change nothing: a scale of one, a bias of zeros (converters write such biases where a family has them and a model does not use them).
/// </summary>
internal sealed class FoldConstants : IPass
{
    public string Name => nameof(FoldConstants);

    public bool ReadsWeights => true;

    public void Run(Graph graph)
    {
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        var replaced = new Dictionary<int, Value>();
        var nodes = new List<Node>();
        foreach (var node in graph.Nodes)
        {
            var inputs = node.Inputs.Select(v => replaced.GetValueOrDefault(v.Id, v)).ToArray();
            if (ChangesNothing(node.Op) && !results.Contains(node.Outputs[0].Id))
            {
                replaced.Add(node.Outputs[0].Id, inputs[0]);
            }
            else
            {
                nodes.Add(node with { Inputs = inputs });
            }
        }

        graph.Replace(nodes);
    }

    private static bool ChangesNothing(Op op) => op switch
    {
        ScaleOp scale => scale.Factor == 1f,
        AddBiasOp bias => Array.TrueForAll(bias.Bias.ReadFloats(), v => v == 0f),
        _ => false,
    };
}
