using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Passes;

/// <summary>
/// A single matrix whose result is only added to the residual stream adds it there itself: residual + W x, one rounding as before.
/// </summary>
internal sealed class FuseResiduals : IPass
{
    public string Name => nameof(FuseResiduals);

    public bool ReadsWeights => false;

    public void Run(Graph graph)
    {
        var uses = graph.CountUses();
        var linears = graph.Nodes.Where(n => n.Op is LinearOp { Matrices.Length: 1, Positions: 1 }).ToDictionary(n => n.Outputs[0].Id);
        var fused = new Dictionary<Node, Node?>(ReferenceEqualityComparer.Instance);
        foreach (var add in graph.Nodes.Where(n => n.Op is AddOp))
        {
            if (linears.TryGetValue(add.Inputs[0].Id, out var linear) && uses[add.Inputs[0].Id] == 1)
            {
                fused[linear] = null;
                fused[add] = new(
                    new LinearAddOp(((LinearOp)linear.Op).Matrices[0]), [linear.Inputs[0], add.Inputs[1]], add.Outputs, add.Layer, $"{linear.Comment} joins the residual stream");
            }
        }

        graph.Replace(graph.Nodes.Select(n => fused.TryGetValue(n, out var replacement) ? replacement : n).OfType<Node>());
    }
}
