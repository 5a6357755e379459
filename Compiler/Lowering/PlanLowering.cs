using System.Globalization;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Ir;
using ModelPack.Plan;

namespace ModelPack.Compiler.Lowering;

/// <summary>A model lowered: everything of the plan but what the pack decides.</summary>
internal sealed record LoweredModel(
    ModelShapeFile Shape, EquatableArray<PlanBuffer> Buffers, EquatableArray<PlanTemplate> Templates, EquatableArray<PlanStep> Steps, IReadOnlyList<WeightRef> Weights);

/// <summary>
/// Lowers a graph to kernel calls: buffers with offsets, repeated layers as one template with a table of their weights, typed accessors.
/// </summary>
internal sealed class PlanLowering
{
    private readonly ModelGraph _model;
    private readonly Graph _graph;
    private readonly ArenaPlanner _arena;
    private readonly Dictionary<WeightRef, int> _weightIndex = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(string Name, int Offset, int Width), PlanBuffer> _buffers = [];

    private PlanLowering(ModelGraph model)
    {
        _model = model;
        _graph = model.Graph;
        _arena = new(_graph);
        for (var i = 0; i < _graph.Weights.Count; i++)
        {
            _weightIndex.Add(_graph.Weights[i], i);
        }
    }

    /// <param name="model">After the passes.</param>
    /// <param name="name">Class name.</param>
    /// <param name="ns">Namespace.</param>
    /// <param name="contextLength">Positions a sequence may have.</param>
    /// <param name="facts">Facts about file and options, put before the architecture's.</param>
    public static LoweredModel Run(ModelGraph model, string name, string ns, int contextLength, IEnumerable<KeyValuePair<string, string>> facts) =>
        new PlanLowering(model).Lower(name, ns, contextLength, facts);

    private LoweredModel Lower(string name, string ns, int contextLength, IEnumerable<KeyValuePair<string, string>> facts)
    {
        var (templates, steps) = Steps();
        var attention = _graph.Nodes.Select(n => n.Op).OfType<AttentionOp>().ToList();
        var sizes = new PlanSizes(
            _model.VocabularySize,
            contextLength,
            _arena.Floats,
            _graph.Weights.Where(w => !w.IsVector).Max(w => w.Columns),
            attention.Count,
            attention[0].KvHeads,
            attention[0].KeyLength,
            attention[0].ValueLength);
        var shape = new ModelShapeFile(
            name,
            ns,
            new(facts.Concat(_model.Facts).Select(f => new PlanFact(f.Key, f.Value))),
            sizes,
            new(_graph.Weights.Select(w => new PlanWeight(w.Name, w.Rows, w.Columns))),
            new(Accessors()));
        return new(shape, new(_buffers.Values.OrderBy(b => b.Offset).ThenBy(b => b.Name, StringComparer.Ordinal)), new(templates), new(steps), _graph.Weights);
    }

    private IEnumerable<PlanAccessor> Accessors()
    {
        var layers = _graph.Weights.Max(w => w.Layer) + 1;
        foreach (var group in _graph.Weights.Where(w => w.Path.Length > 0).GroupBy(w => (w.Path, InLayer: w.Layer >= 0)))
        {
            if (!group.Key.InLayer)
            {
                yield return new(group.Key.Path, new([_weightIndex[group.First()]]));
                continue;
            }

            var byLayer = group.ToDictionary(w => w.Layer);
            yield return new("Layers." + group.Key.Path, new(Enumerable.Range(0, layers).Select(i => byLayer.TryGetValue(i, out var w) ? _weightIndex[w] : -1)));
        }
    }

    /// <summary>Layers with the same calls become one template; a run of such layers is one repeat.</summary>
    private (List<PlanTemplate> Templates, List<PlanStep> Steps) Steps()
    {
        var templates = new List<PlanTemplate>();
        var steps = new List<PlanStep>();
        var index = 0;
        while (index < _graph.Nodes.Count)
        {
            var layer = _graph.Nodes[index].Layer;
            if (layer < 0)
            {
                steps.Add(new(Call(_graph.Nodes[index], null), null));
                index++;
                continue;
            }

            var slots = new List<(string Name, int Weight)>();
            var calls = new List<PlanCall>();
            for (; index < _graph.Nodes.Count && _graph.Nodes[index].Layer == layer; index++)
            {
                calls.Add(Call(_graph.Nodes[index], slots));
            }

            var slotNames = new EquatableArray<string>(slots.Select(s => s.Name));
            var template = templates.Find(t => t.Slots.Equals(slotNames) && t.Calls.Equals(new EquatableArray<PlanCall>(calls)));
            if (template is null)
            {
                template = new("Layer" + (templates.Count == 0 ? "" : (templates.Count + 1).ToString(CultureInfo.InvariantCulture)), slotNames, new(calls));
                templates.Add(template);
            }

            var row = new EquatableArray<int>(slots.Select(s => s.Weight));
            if (steps.Count > 0 && steps[^1].Repeat is { } repeat && repeat.Template == template.Name && repeat.FirstLayer + repeat.Rows.Count == layer)
            {
                steps[^1] = new(null, repeat with { Rows = new([.. repeat.Rows, row]) });
            }
            else
            {
                steps.Add(new(null, new(template.Name, layer, new([row]))));
            }
        }

        return (templates, steps);
    }

    private PlanCall Call(Node node, List<(string Name, int Weight)>? slots)
    {
        PlanOperand W(WeightRef weight)
        {
            var index = _weightIndex[weight];
            if (slots is null || weight.Layer < 0)
            {
                return PlanOperand.Weight(index);
            }

            slots.Add((weight.Slot, index));
            return PlanOperand.Slot(weight.Slot);
        }

        PlanOperand In(int i) => Operand(node.Inputs[i]);
        PlanOperand Out() => Operand(node.Outputs[0]);
        var comment = node.Comment;
        return node.Op switch
        {
            EmbeddingOp op => new("Embedding", new([W(op.Table), Out()]), comment),
            RmsNormOp op => new("RmsNorm", new([In(0), op.Gain is null ? PlanOperand.NoWeight : W(op.Gain), Float(op.Epsilon), Out()]), comment),
            LinearOp { Positions: 1 } op => new("Linear", new([In(0), Whole(node.Outputs), .. op.Matrices.Select(W)]), $"{comment}: [tokens, {string.Join(" + ", op.Matrices.Select(m => m.Rows))}]"),
            LinearAddOp op => new("LinearAdd", new([In(0), In(1), W(op.Matrix)]), comment),
            AddBiasOp op => new("AddBias", new([In(0), W(op.Bias)]), comment),
            AddOp => new("Add", new([In(0), In(1)]), comment),
            ScaleOp op => new("Scale", new([In(0), Float(op.Factor)]), comment),
            RopeOp op => new("Rope", new([In(0), PlanOperand.Integer(op.Heads), W(op.InverseFrequencies), Float(op.Magnitude), PlanOperand.Boolean(op.Interleaved)]), comment),
            AttentionOp { IsCausal: true } op => new("Attention", new([In(0), In(1), In(2), slots is not null && op.Slot == node.Layer ? PlanOperand.Layer : PlanOperand.Integer(op.Slot), Float(op.Scale), PlanOperand.Integer(op.Window), Out()]), comment),
            SwiGluOp => new("SwiGlu", new([Whole(node.Inputs), Out()]), comment),
            SelectOutputsOp => new("SelectOutputs", new([In(0), Out()]), comment),
            _ => throw new GraphException($"{node.Op.GetType().Name} has no kernel."),
        };
    }

    /// <summary>Adjacent values as one operand.</summary>
    private PlanOperand Whole(IReadOnlyList<Value> values)
    {
        if (values.Count == 1)
        {
            return Operand(values[0]);
        }

        var first = _arena.Of(values[0]);
        var column = first.Column;
        foreach (var value in values)
        {
            var placement = _arena.Of(value);
            if (placement.Region != first.Region || placement.Column != column)
            {
                throw new GraphException($"{string.Join(", ", values)} do not lie side by side.");
            }

            column += value.Width;
        }

        return Operand(first, column - first.Column);
    }

    private PlanOperand Operand(Value value) =>
        _graph.Outputs.Values.Any(o => o.Id == value.Id) ? PlanOperand.Logits : Operand(_arena.Of(value), value.Width);

    private PlanOperand Operand(Placement place, int width)
    {
        var buffer = BufferOf(place.Region);
        return place.Column == 0 && width == buffer.Width ? PlanOperand.Buffer(buffer.Name) : PlanOperand.Buffer(buffer.Name, place.Column, width);
    }

    /// <summary>The regions of all layers that have one name and place are one buffer.</summary>
    private PlanBuffer BufferOf(Region region)
    {
        var key = (region.Name, region.Offset, region.Width);
        if (!_buffers.TryGetValue(key, out var buffer))
        {
            var twins = _buffers.Keys.Count(k => k.Name == region.Name);
            var name = region.Name + (twins == 0 ? "" : (twins + 1).ToString(CultureInfo.InvariantCulture));
            buffer = new(name, region.Offset, region.Width, $"[tokens, {region.Width}]");
            _buffers.Add(key, buffer);
        }

        return buffer;
    }

    private static PlanOperand Float(float value) => PlanOperand.FloatBits(BitConverter.SingleToInt32Bits(value));
}
