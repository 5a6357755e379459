using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Passes;

/// <summary>A rewrite of the graph that keeps its results, bit for bit.</summary>
internal interface IPass
{
    string Name { get; }

    /// <summary>Whether it reads weights' values: such passes do not run in <c>inspect</c>, and must not change buffers, weights or accessors.</summary>
    bool ReadsWeights { get; }

    void Run(Graph graph);
}

/// <summary>The passes in their order.</summary>
internal static class Pipeline
{
    public static IReadOnlyList<IPass> All { get; } =
    [
        new FuseLinears(),
        new FuseResiduals(),
        // Last, because they read weights: what they drop was computed in place, so buffers stay as inspect, which does not run them, has them.
        new FoldNormGains(),
        new FoldConstants(),
    ];

    /// <summary>Runs all passes but those in <paramref name="except"/> (tests), and those that read weights where there are only headers.</summary>
    public static void Run(Graph graph, bool headersOnly, params string[] except)
    {
        foreach (var pass in All)
        {
            if (!except.Contains(pass.Name) && !(headersOnly && pass.ReadsWeights))
            {
                pass.Run(graph);
            }
        }
    }
}
