using System.Text;

namespace ModelPack.Compiler.Ir;

/// <summary>An activation, [tokens, Width] f32; the number of tokens is a length by name, decided when the model runs.</summary>
/// <param name="Name">Identifier, the same in every layer: it becomes the buffer's name.</param>
internal sealed record Value(int Id, string Name, int Width)
{
    public override string ToString() => $"%{Id}:{Name}";
}

/// <summary>An operation applied to values.</summary>
/// <param name="Layer">Index of the layer; −1 outside the layers.</param>
/// <param name="Comment">In the words of the papers.</param>
internal sealed record Node(Op Op, IReadOnlyList<Value> Inputs, IReadOnlyList<Value> Outputs, int Layer, string Comment);

/// <summary>
/// A model as operations in order, each value assigned once. Text generation is one use of it; nothing here knows a model family.
/// </summary>
internal sealed class Graph
{
    private int _nextId;

    public List<Node> Nodes { get; private set; } = [];

    /// <summary>The graph's results, by name (<c>logits</c>).</summary>
    public Dictionary<string, Value> Outputs { get; } = [];

    /// <summary>Every weight of the model, in the order of the pack; passes may stop using one, but do not remove it.</summary>
    public List<WeightRef> Weights { get; } = [];

    /// <summary>The layer that nodes are added to; −1 outside the layers.</summary>
    public int Layer { get; set; } = -1;

    public Value NewValue(string name, int width) => new(_nextId++, name, width);

    /// <summary>Adds a node with one result.</summary>
    public Value Add(Op op, string name, string comment, params Value[] inputs) => AddMany(op, [name], comment, inputs)[0];

    /// <summary>Adds a node with as many results as <paramref name="names"/>.</summary>
    public Value[] AddMany(Op op, string[] names, string comment, params Value[] inputs)
    {
        var widths = op.InferWidths([.. inputs.Select(v => v.Width)]);
        if (widths.Length != names.Length)
        {
            throw new GraphException($"{op.GetType().Name} has {widths.Length} results, {names.Length} are named.");
        }

        Value[] outputs = [.. names.Select((n, i) => NewValue(n, widths[i]))];
        Nodes.Add(new(op, inputs, outputs, Layer, comment));
        return outputs;
    }

    /// <summary>Replaces all nodes and checks that every value is defined before it is used.</summary>
    public void Replace(IEnumerable<Node> nodes)
    {
        Nodes = [.. nodes];
        var defined = new HashSet<int>();
        foreach (var node in Nodes)
        {
            if (node.Inputs.FirstOrDefault(v => !defined.Contains(v.Id)) is { } missing)
            {
                throw new GraphException($"{node.Op.GetType().Name} reads {missing} before it is defined.");
            }

            var widths = node.Op.InferWidths([.. node.Inputs.Select(v => v.Width)]);
            if (!widths.SequenceEqual(node.Outputs.Select(v => v.Width)))
            {
                throw new GraphException($"{node.Op.GetType().Name} gives widths {string.Join(", ", widths)}.");
            }

            defined.UnionWith(node.Outputs.Select(v => v.Id));
        }
    }

    /// <summary>How many nodes read each value, by its id, plus one where it is a result of the graph.</summary>
    public Dictionary<int, int> CountUses() => Nodes.SelectMany(n => n.Inputs).Concat(Outputs.Values).CountBy(v => v.Id).ToDictionary();

    /// <summary>One line per node, for tests and <c>inspect</c>.</summary>
    public string Dump()
    {
        var text = new StringBuilder();
        foreach (var node in Nodes)
        {
            var weights = node.Op.Weights.Any() ? $" {{{string.Join(", ", node.Op.Weights.Select(w => w.Name))}}}" : "";
            var attributes = node.Op.Attributes.Length > 0 ? $" [{node.Op.Attributes}]" : "";
            text.Append($"{string.Join(", ", node.Outputs)} = {node.Op.GetType().Name[..^2]}({string.Join(", ", node.Inputs)}){weights}{attributes}\n");
        }

        return text.ToString();
    }
}
