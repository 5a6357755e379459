using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Lowering;

/// <summary>Columns of a value in the arena: a region, and the first column within it.</summary>
internal readonly record struct Placement(Region Region, int Column);

/// <summary>A stretch of the arena, floats per token, that holds one or several adjacent values for a time.</summary>
internal sealed class Region(string name, int width)
{
    public string Name { get; } = name;

    public int Width { get; } = width;

    public int Offset { get; set; }

    /// <summary>Index of the node that first writes it.</summary>
    public int First { get; set; } = int.MaxValue;

    /// <summary>Index of the node that last reads it.</summary>
    public int Last { get; set; } = -1;
}

/// <summary>
/// Gives every value a place in the activation arena. Values that an operation wants side by side (results of a fused linear, gate and up) share a region;
/// results that are computed in place lie where their input lay; regions whose lives do not overlap share floats (first fit).
/// </summary>
internal sealed class ArenaPlanner
{
    private readonly Dictionary<int, Placement> _placements = [];
    private readonly List<Region> _regions = [];

    /// <summary>The node that defines each value.</summary>
    private readonly Dictionary<int, Node> _producers = [];

    /// <summary>Index of the last node that reads each value.</summary>
    private readonly Dictionary<int, int> _lastReads = [];

    /// <summary>Values that must lie side by side, by each of them.</summary>
    private readonly Dictionary<int, IReadOnlyList<Value>> _partners = [];

    public ArenaPlanner(Graph graph)
    {
        Index(graph);
        var outputs = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (var input in graph.Nodes[i].Inputs)
            {
                Touch(input, i);
            }

            Place(graph.Nodes[i], i, outputs);
            foreach (var output in graph.Nodes[i].Outputs.Where(o => !outputs.Contains(o.Id)))
            {
                Touch(output, i);
            }
        }

        Allocate();
    }

    public IReadOnlyList<Region> Regions => _regions;

    /// <summary>Floats per token in all.</summary>
    public int Floats { get; private set; }

    public Placement Of(Value value) => _placements[value.Id];

    private void Touch(Value value, int node)
    {
        var region = _placements[value.Id].Region;
        region.First = Math.Min(region.First, node);
        region.Last = Math.Max(region.Last, node);
    }

    private void Index(Graph graph)
    {
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            var node = graph.Nodes[i];
            foreach (var input in node.Inputs)
            {
                _lastReads[input.Id] = i;
            }

            foreach (var output in node.Outputs)
            {
                _producers[output.Id] = node;
            }

            if (node.Op is SwiGluOp)
            {
                // Biases are added in place between the matrix and the SwiGLU.
                Value[] sources = [.. node.Inputs.Select(Origin)];
                foreach (var source in sources)
                {
                    _partners.TryAdd(source.Id, sources);
                }
            }
        }
    }

    private void Place(Node node, int index, HashSet<int> outputs)
    {
        if (InPlace(node) is { } input)
        {
            // The old value must not be needed any more: it is overwritten.
            if (_lastReads[input.Id] > index)
            {
                throw new GraphException($"{input} is overwritten by {node.Op.GetType().Name} but read later.");
            }

            _placements[node.Outputs[0].Id] = _placements[input.Id];
            return;
        }

        if (node.Outputs.All(o => _placements.ContainsKey(o.Id) || outputs.Contains(o.Id)))
        {
            return;
        }

        // Side by side: all results of this node; or, where a later SwiGLU wants this one with another, both.
        var group = node.Outputs.Count > 1 ? node.Outputs : _partners.GetValueOrDefault(node.Outputs[0].Id, node.Outputs);
        var region = new Region(string.Concat(group.Select((v, i) => i == 0 || v.Name.Length == 1 ? v.Name : Capital(v.Name))), group.Sum(v => v.Width));
        var column = 0;
        foreach (var value in group)
        {
            _placements[value.Id] = new(region, column);
            column += value.Width;
        }

        _regions.Add(region);
    }

    /// <summary>The input that a node's result replaces.</summary>
    private static Value? InPlace(Node node) => node.Op switch
    {
        RopeOp or AddBiasOp or ScaleOp or SelectOutputsOp => node.Inputs[0],
        AddOp or LinearAddOp => node.Inputs[1],
        _ => null,
    };

    /// <summary>The value that lay first where <paramref name="value"/> lies.</summary>
    private Value Origin(Value value)
    {
        while (InPlace(_producers[value.Id]) is { } input)
        {
            value = input;
        }

        return value;
    }

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    private void Allocate()
    {
        foreach (var region in _regions)
        {
            var offset = 0;
            foreach (var other in _regions.TakeWhile(r => r != region).Where(r => r.First <= region.Last && region.First <= r.Last).OrderBy(r => r.Offset))
            {
                if (offset + region.Width <= other.Offset)
                {
                    break;
                }

                offset = Math.Max(offset, other.Offset + other.Width);
            }

            region.Offset = offset;
            Floats = Math.Max(Floats, offset + region.Width);
        }
    }
}
