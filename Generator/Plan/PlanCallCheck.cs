using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Plan;

/// <summary>Checks one call against the kernel catalogue and the tables of its plan.</summary>
internal sealed class PlanCallCheck
{
    private readonly Dictionary<string, PlanBuffer> _buffers = new(StringComparer.Ordinal);
    private readonly int _weights;

    public PlanCallCheck(ModelPlan plan)
    {
        _weights = plan.Shape.Weights.Count;
        foreach (var buffer in plan.Buffers)
        {
            _buffers[buffer.Name] = buffer;
        }
    }

    /// <summary>Whether every use of <paramref name="slot"/> takes no weight, too.</summary>
    public static bool MayLack(PlanTemplate template, string slot) => template.Calls.All(call =>
        Enumerable.Range(0, call.Operands.Count).All(i =>
            call.Operands[i] is not { Kind: PlanOperandKind.Slot } operand
            || operand.Text != slot
            || KernelCatalog.Find(call.Op)?.ParameterOf(i)?.Kind == KernelParameterKind.OptionalWeight));

    /// <summary>What is wrong with a call of <paramref name="template"/>, or of the steps where that is null.</summary>
    public IEnumerable<string> Problems(PlanCall call, PlanTemplate? template)
    {
        var where = template is null ? $"call of {call.Op}" : $"call of {call.Op} in template '{template.Name}'";
        var signature = KernelCatalog.Find(call.Op);
        if (signature is null)
        {
            yield return $"{where}: no such operation; known are {string.Join(", ", KernelCatalog.All.Select(r => r.Op))}";
            yield break;
        }

        if (call.Operands.Count < signature.Parameters.Count || signature.ParameterOf(call.Operands.Count - 1) is null)
        {
            yield return $"{where} has {call.Operands.Count} operands; expected {signature.Parameters.Count}";
            yield break;
        }

        for (var i = 0; i < call.Operands.Count; i++)
        {
            var parameter = signature.ParameterOf(i)!;
            if (!Fits(parameter.Kind, call.Operands[i].Kind))
            {
                yield return $"{where}: parameter '{parameter.Name}' is of kind {parameter.Kind}, got {call.Operands[i].Kind}";
            }
            else if (Operand(call.Operands[i], template) is { } problem)
            {
                yield return $"{where}: parameter '{parameter.Name}': {problem}";
            }
        }
    }

    private string? Operand(PlanOperand operand, PlanTemplate? template) => operand.Kind switch
    {
        PlanOperandKind.Buffer when !_buffers.TryGetValue(operand.Text, out _) => $"no buffer '{operand.Text}'",
        PlanOperandKind.Buffer when operand.Width == 0 && operand.Offset != 0 => $"columns of '{operand.Text}' from {operand.Offset}, none wide",
        PlanOperandKind.Buffer when operand.Offset < 0 || operand.Width < 0 || (long)operand.Offset + operand.Width > _buffers[operand.Text].Width =>
            $"columns [{operand.Offset}, {(long)operand.Offset + operand.Width}) of '{operand.Text}', which is {_buffers[operand.Text].Width} wide",
        PlanOperandKind.Weight when operand.Offset < 0 || operand.Offset >= _weights => $"weight {operand.Offset}; expected 0 to {_weights - 1}",
        PlanOperandKind.Slot when template is null || !template.Slots.Contains(operand.Text) => $"no slot '{operand.Text}' here",
        PlanOperandKind.Layer when template is null => "there is no current layer outside templates",
        _ => null,
    };

    private static bool Fits(KernelParameterKind parameter, PlanOperandKind operand) => parameter switch
    {
        KernelParameterKind.Activations => operand is PlanOperandKind.Buffer or PlanOperandKind.Logits,
        KernelParameterKind.Weight or KernelParameterKind.Weights => operand is PlanOperandKind.Weight or PlanOperandKind.Slot,
        KernelParameterKind.OptionalWeight => operand is PlanOperandKind.Weight or PlanOperandKind.Slot or PlanOperandKind.NoWeight,
        KernelParameterKind.Integer => operand is PlanOperandKind.Integer or PlanOperandKind.Layer,
        KernelParameterKind.Float => operand == PlanOperandKind.Float,
        _ => operand == PlanOperandKind.Boolean,
    };
}
