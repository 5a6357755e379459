using System.Collections.Generic;
using System.Linq;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>A template that the plan runs, with the names of what is printed for it.</summary>
/// <param name="Template">The template.</param>
/// <param name="Method">Method of its calls.</param>
/// <param name="Struct">Struct of its slots.</param>
/// <param name="Field">Array of that struct, one element per layer of this template.</param>
/// <param name="Rows">Weight indices per layer, over all repeats of this template.</param>
internal sealed record ForwardTemplate(PlanTemplate Template, string Method, string Struct, string Field, IReadOnlyList<EquatableArray<int>> Rows)
{
    /// <summary>Property of a slot.</summary>
    public string Slot(string name) => CSharpText.Identifier(name);

    /// <summary>Whether layers lack the weight of slot <paramref name="index"/>.</summary>
    public bool IsOptional(int index) => Rows.Any(r => r[index] < 0);
}

/// <summary>Names in the forward class: as the plan has them where C# permits, unique always.</summary>
internal sealed class ForwardNames
{
    /// <summary>Locals and parameters that every method has.</summary>
    public const string Executor = "k", Layer = "layer", Weights = "w";

    private readonly Dictionary<string, string> _buffers;
    private readonly Dictionary<int, string> _weights = [];

    public ForwardNames(ModelPlan plan)
    {
        var locals = new NameTable(Executor, Layer, Weights);
        _buffers = plan.Buffers.ToDictionary(b => b.Name, b => CSharpText.Identifier(locals.Unique(b.Name is Executor or Layer or Weights ? b.Name + "Buffer" : b.Name)));

        var members = new NameTable("Forward", "Run", "Equals", "GetHashCode", "GetType", "ToString", "Finalize", "MemberwiseClone", "ReferenceEquals");
        var templates = new List<ForwardTemplate>();
        foreach (var template in plan.Templates)
        {
            var rows = plan.Steps.Where(s => s.Repeat?.Template == template.Name).SelectMany(s => s.Repeat!.Rows).ToArray();
            if (rows.Length > 0)
            {
                templates.Add(new(
                    template,
                    CSharpText.Identifier(members.Unique(template.Name)),
                    CSharpText.Identifier(members.Unique(template.Name + "Weights")),
                    members.Unique("_" + CSharpText.CamelCase(template.Name) + "s"),
                    rows));
            }
        }

        Templates = templates;
        foreach (var index in WeightOperands(plan))
        {
            _weights.Add(index, members.Unique("_" + CSharpText.CamelCase(WeightName(plan.Shape, index))));
        }
    }

    /// <summary>Those that at least one layer runs, in the plan's order.</summary>
    public IReadOnlyList<ForwardTemplate> Templates { get; }

    /// <summary>Indices of the weights that calls name directly, in order of appearance.</summary>
    public IEnumerable<int> GlobalWeights => _weights.Keys;

    public string Buffer(string name) => _buffers[name];

    public string Weight(int index) => _weights[index];

    public ForwardTemplate Template(string name) => Templates.First(t => t.Template.Name == name);

    private static IEnumerable<int> WeightOperands(ModelPlan plan) => plan.Steps
        .SelectMany(s => s.Call is { } call ? [call] : (IEnumerable<PlanCall>)plan.Templates.First(t => t.Name == s.Repeat!.Template).Calls)
        .SelectMany(c => c.Operands)
        .Where(o => o.Kind == PlanOperandKind.Weight)
        .Select(o => o.Offset)
        .Distinct();

    /// <summary>The accessor's name where there is one, else the tensor's.</summary>
    private static string WeightName(ModelShapeFile shape, int index)
    {
        foreach (var accessor in shape.Accessors)
        {
            for (var layer = 0; layer < accessor.Weights.Count; layer++)
            {
                if (accessor.Weights[layer] == index)
                {
                    var path = accessor.Path.Replace(".", "");
                    return accessor.Weights.Count == 1 ? path : path + CSharpText.Integer(layer);
                }
            }
        }

        return NameTable.PascalCase(shape.Weights[index].Name);
    }
}
