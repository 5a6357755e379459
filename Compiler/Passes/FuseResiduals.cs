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
        var result = new List<Node>(graph.Nodes);
        foreach (var add in graph.Nodes.Where(n => n.Op is AddOp))
        {
            var linear = result.Find(n => n.Op is LinearOp { Matrices.Length: 1 } && n.Outputs[0].Id == add.Inputs[0].Id);
            if (linear is null || graph.Uses(add.Inputs[0]) != 1)
            {
                continue;
            }

            result.Remove(linear);
            result[result.IndexOf(add)] = new(
                new LinearAddOp(((LinearOp)linear.Op).Matrices[0]), [linear.Inputs[0], add.Inputs[1]], add.Outputs, add.Layer, $"{linear.Comment} joins the residual stream");
        }

        graph.Replace(result);
    }
}
