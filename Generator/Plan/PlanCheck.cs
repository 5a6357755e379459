using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Plan;

/// <summary>Whether a plan that was read makes sense: every name known, every index inside its table, every call as the kernel catalogue has it.</summary>
internal static class PlanCheck
{
    /// <summary>The runtime's <c>KernelSet</c>, but for <c>Auto</c>.</summary>
    internal static readonly string[] Rungs = ["Scalar", "Avx2", "AvxVnni", "Avx512", "AdvSimd"];

    /// <summary>What is wrong, in words; empty: nothing. The shape inside must have passed <see cref="ShapeCheck"/>.</summary>
    public static IReadOnlyList<string> Problems(ModelPlan plan) => [.. Find(plan).Take(ShapeCheck.MaxProblems)];

    private static IEnumerable<string> Find(ModelPlan plan)
    {
        if (plan.PackHash.Length != 32 || !PlanTextEscapes.TryHex(plan.PackHash, 0, 32, out _))
        {
            yield return $"pack-hash '{plan.PackHash}': expected 32 hexadecimal digits";
        }

        if (plan.Formats.Count != plan.Shape.Weights.Count)
        {
            yield return $"{plan.Formats.Count} formats for {plan.Shape.Weights.Count} weights";
        }

        foreach (var rung in plan.CompactFor.Where(r => !Rungs.Contains(r)))
        {
            yield return $"compact-for '{rung}': expected one of {string.Join(", ", Rungs)}";
        }

        foreach (var name in Duplicates(plan.Buffers.Select(b => b.Name)).Concat(Duplicates(plan.Templates.Select(t => t.Name))))
        {
            yield return $"'{name}' is declared twice";
        }

        foreach (var buffer in plan.Buffers.Where(b => b.Width < 1 || b.Offset < 0 || (long)b.Offset + b.Width > plan.Shape.Sizes.ArenaFloats))
        {
            yield return $"buffer '{buffer.Name}' has the floats [{buffer.Offset}, {(long)buffer.Offset + buffer.Width}); the arena has [0, {plan.Shape.Sizes.ArenaFloats})";
        }

        var calls = new PlanCallCheck(plan);
        var problems = plan.Templates.SelectMany(t => Template(calls, t)).Concat(plan.Steps.SelectMany(s => Step(plan, calls, s)));
        foreach (var problem in problems)
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Template(PlanCallCheck calls, PlanTemplate template) => Duplicates(template.Slots)
        .Select(slot => $"template '{template.Name}' has the slot '{slot}' twice")
        .Concat(template.Slots
            .Where(slot => ShapeCheck.IsGroupMember(slot) || slot.StartsWith(template.Name + "Weights", StringComparison.Ordinal))
            .Select(slot => $"slot '{slot}' has the name of its struct or of one of its members"))
        .Concat(template.Calls.SelectMany(call => calls.Problems(call, template)));

    private static IEnumerable<string> Step(ModelPlan plan, PlanCallCheck calls, PlanStep step)
    {
        if (step.Call is { } call)
        {
            return calls.Problems(call, null);
        }

        var repeat = step.Repeat!;
        var template = plan.Templates.FirstOrDefault(t => t.Name == repeat.Template);
        return template is null ? [$"repeat of an unknown template '{repeat.Template}'"] : Repeat(plan, repeat, template);
    }

    private static IEnumerable<string> Repeat(ModelPlan plan, PlanRepeat repeat, PlanTemplate template)
    {
        if (repeat.Rows.Count == 0)
        {
            yield return $"repeat of '{template.Name}' at layer {repeat.FirstLayer} has no rows";
        }

        var layers = (long)repeat.FirstLayer + repeat.Rows.Count;
        var usesLayer = template.Calls.Any(c => c.Operands.Any(o => o.Kind == PlanOperandKind.Layer));
        if (repeat.FirstLayer < 0 || layers > int.MaxValue || (usesLayer && layers > plan.Shape.Sizes.CacheLayers))
        {
            yield return $"repeat of '{template.Name}' has the layers {repeat.FirstLayer} to {layers - 1}; the KV cache has {plan.Shape.Sizes.CacheLayers}";
        }

        var mayLack = template.Slots.Select(slot => PlanCallCheck.MayLack(template, slot)).ToArray();
        for (var i = 0; i < repeat.Rows.Count; i++)
        {
            var row = repeat.Rows[i];
            if (row.Count != template.Slots.Count)
            {
                yield return $"layer {repeat.FirstLayer + i} has {row.Count} weights; template '{template.Name}' has {template.Slots.Count} slots";
                continue;
            }

            for (var slot = 0; slot < row.Count; slot++)
            {
                if (row[slot] >= plan.Shape.Weights.Count || row[slot] < (mayLack[slot] ? -1 : 0))
                {
                    yield return $"layer {repeat.FirstLayer + i}: slot '{template.Slots[slot]}' has weight {row[slot]}; expected 0 to {plan.Shape.Weights.Count - 1}";
                }
            }
        }
    }

    private static IEnumerable<string> Duplicates(IEnumerable<string> names) =>
        names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);
}
