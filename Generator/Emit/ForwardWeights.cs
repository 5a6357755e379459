using System.Linq;
using ModelPack.Plan;

namespace ModelPack.Generator.Emit;

/// <summary>Prints the tables of weights: fields, the constructor that fills them once, and the struct of a layer's weights.</summary>
internal static class ForwardWeights
{
    private const string WeightType = "global::ModelPack.Weight";

    public static void Fields(CodeWriter code, ModelPlan plan, ForwardNames names)
    {
        foreach (var index in names.GlobalWeights)
        {
            code.Line($"private readonly {WeightType} {names.Weight(index)}; // {Describe(plan, [index])}");
        }

        foreach (var template in names.Templates)
        {
            code.Line($"private readonly {template.Struct}[] {template.Field};");
        }
    }

    public static void Constructor(CodeWriter code, ModelPlan plan, ForwardNames names)
    {
        using (code.Block($"public Forward(global::System.Collections.Generic.IReadOnlyList<{WeightType}> {ForwardNames.Weights})"))
        {
            foreach (var index in names.GlobalWeights)
            {
                code.Line($"{names.Weight(index)} = {ForwardNames.Weights}[{CSharpText.Integer(index)}];");
            }

            foreach (var template in names.Templates)
            {
                Table(code, template);
            }
        }
    }

    /// <summary>The weights of a layer, one property a slot.</summary>
    public static void Struct(CodeWriter code, ModelPlan plan, ForwardTemplate template)
    {
        code.Line($"/// <summary>The weights that <see cref=\"{template.Method}\"/> runs on; i counts from 0.</summary>");
        using (code.Block($"private readonly struct {template.Struct}"))
        {
            var slots = template.Template.Slots;
            for (var slot = 0; slot < slots.Count; slot++)
            {
                var indices = template.Rows.Select(r => r[slot]).Where(i => i >= 0).ToArray();
                var comment = indices.Length > 0 ? Describe(plan, indices) : "none";
                code.Line($"public required {WeightType}{(template.IsOptional(slot) ? "?" : "")} {template.Slot(slots[slot])} {{ get; init; }} // {comment}");
            }
        }
    }

    private static void Table(CodeWriter code, ForwardTemplate template)
    {
        var slots = template.Template.Slots;
        var columns = Enumerable.Range(0, slots.Count).Select(slot => template.Rows.Select(r => r[slot]).ToArray()).ToArray();
        var tables = Enumerable.Range(0, slots.Count).Where(slot => LayerPattern.Linear(columns[slot], "i") is null).ToArray();
        code.Line();
        code.Line($"{template.Field} = new {template.Struct}[{CSharpText.Integer(template.Rows.Count)}];");
        if (tables.Length == 0)
        {
            Loop(code, template, columns);
            return;
        }

        using (code.Block("// Which weight each layer has, -1 for none."))
        {
            foreach (var slot in tables)
            {
                code.Line($"global::System.ReadOnlySpan<int> {Indices(template, slot)} = {LayerPattern.Table(columns[slot])};");
            }

            Loop(code, template, columns);
        }
    }

    private static void Loop(CodeWriter code, ForwardTemplate template, int[][] columns)
    {
        using (code.Block($"for (var i = 0; i < {CSharpText.Integer(template.Rows.Count)}; i++)"))
        using (code.Block($"{template.Field}[i] = new()", "};"))
        {
            for (var slot = 0; slot < columns.Length; slot++)
            {
                code.Line($"{template.Slot(template.Template.Slots[slot])} = {Element(template, slot, columns[slot])},");
            }
        }
    }

    private static string Element(ForwardTemplate template, int slot, int[] column)
    {
        if (LayerPattern.Linear(column, "i") is { } linear)
        {
            return $"{ForwardNames.Weights}[{linear}]";
        }

        var index = Indices(template, slot) + "[i]";
        return template.IsOptional(slot) ? $"{index} < 0 ? null : {ForwardNames.Weights}[{index}]" : $"{ForwardNames.Weights}[{index}]";
    }

    /// <summary>Local variable with the weight indices of a slot whose indices follow no rule.</summary>
    private static string Indices(ForwardTemplate template, int slot) => "indicesOf" + template.Template.Slots[slot];

    /// <summary><c>blk.{i}.attn_q.weight [576, 576], g32 u4 f16+min</c>.</summary>
    private static string Describe(ModelPlan plan, int[] indices)
    {
        var weights = indices.Select(i => plan.Shape.Weights[i]).ToArray();
        var shapes = LayerPattern.OneOf(weights.Select(w => $"[{CSharpText.Integer(w.Rows)}, {CSharpText.Integer(w.Columns)}]"));
        return CSharpText.Comment($"{LayerPattern.Name([.. weights.Select(w => w.Name)])} {shapes}, {LayerPattern.OneOf(indices.Select(i => plan.Formats[i]))}");
    }
}
