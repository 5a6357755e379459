using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Passes;

/// <summary>
/// Drops the gains of norms where they are all one: x · 1 is x. Other gains would have to be multiplied into the next matrices, which is not exact
/// for codes that are kept as they are (<c>Quality="Source"</c>), nor for floats that are no powers of two.
/// </summary>
internal sealed class FoldNormGains : IPass
{
    public string Name => nameof(FoldNormGains);

    public bool ReadsWeights => true;

    public void Run(Graph graph) => graph.Replace([.. graph.Nodes.Select(node =>
        node.Op is RmsNormOp { Gain: { } gain } norm && Array.TrueForAll(gain.ReadFloats(), v => v == 1f)
            ? node with { Op = norm with { Gain = null }, Comment = node.Comment + ", its gain all ones" }
            : node)]);
}
