using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration;

/// <summary>What a matrix does, told from where its result goes and its input comes from; never from a tensor's name.</summary>
internal enum LinearRole
{
    Other,
    AttentionQuery,
    AttentionKey,
    AttentionValue,
    AttentionOutput,
    Gate,
    Up,
    Down,
    Head,
    Embedding,
}

/// <summary>Finds the roles of a graph's matrices.</summary>
internal static class LinearRoles
{
    public static Dictionary<WeightRef, LinearRole> Of(Graph graph)
    {
        var producer = graph.Nodes.SelectMany(n => n.Outputs.Select(o => (o.Id, Node: n))).ToDictionary(p => p.Id, p => p.Node);
        var consumers = graph.Nodes.SelectMany(n => n.Inputs.Select((v, i) => (v.Id, Use: (Node: n, Input: i)))).ToLookup(c => c.Id, c => c.Use);
        var results = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        var roles = new Dictionary<WeightRef, LinearRole>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Nodes)
        {
            if (node.Op is EmbeddingOp embedding)
            {
                // A head that is the table too comes later, and is the head.
                roles[embedding.Table] = LinearRole.Embedding;
            }

            WeightRef[] matrices = node.Op switch { LinearOp linear => linear.Matrices, LinearAddOp add => [add.Matrix], _ => [] };
            for (var i = 0; i < matrices.Length; i++)
            {
                roles[matrices[i]] = IsResult(node.Outputs[i], consumers, results) ? LinearRole.Head
                    : Destination(node.Outputs[i], consumers) is var forward and not LinearRole.Other ? forward
                    : Origin(node.Inputs[0], producer);
            }
        }

        return roles;
    }

    private static bool IsResult(Value value, ILookup<int, (Node Node, int Input)> consumers, HashSet<int> results) =>
        results.Contains(value.Id) || consumers[value.Id].Any(c => c.Node.Op is AddBiasOp && results.Contains(c.Node.Outputs[0].Id));

    /// <summary>Follows a result through what works on it alone: bias, scale, rotation, norm.</summary>
    private static LinearRole Destination(Value value, ILookup<int, (Node Node, int Input)> consumers)
    {
        foreach (var (node, input) in consumers[value.Id])
        {
            var role = node.Op switch
            {
                AttentionOp => input switch { 0 => LinearRole.AttentionQuery, 1 => LinearRole.AttentionKey, _ => LinearRole.AttentionValue },
                SwiGluOp => input == 0 ? LinearRole.Gate : LinearRole.Up,
                GeluOp => LinearRole.Up,
                _ when PassesOn(node.Op) => Destination(node.Outputs[0], consumers),
                _ => LinearRole.Other,
            };
            if (role != LinearRole.Other)
            {
                return role;
            }
        }

        return LinearRole.Other;
    }

    private static LinearRole Origin(Value value, Dictionary<int, Node> producer) => producer.TryGetValue(value.Id, out var node)
        ? node.Op switch
        {
            AttentionOp => LinearRole.AttentionOutput,
            SwiGluOp or GeluOp => LinearRole.Down,
            _ when PassesOn(node.Op) => Origin(node.Inputs[0], producer),
            _ => LinearRole.Other,
        }
        : LinearRole.Other;

    private static bool PassesOn(Op op) => op is AddBiasOp or ScaleOp or RopeOp or RmsNormOp;
}
