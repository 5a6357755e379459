using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Plan;

/// <summary>What an operation takes at a position.</summary>
internal enum KernelParameterKind
{
    /// <summary>A buffer, columns of one, or the logits.</summary>
    Activations,

    /// <summary>A weight.</summary>
    Weight,

    /// <summary>A weight, or none.</summary>
    OptionalWeight,

    /// <summary>One or more weights; last.</summary>
    Weights,

    /// <summary>An integer, or the current layer's index.</summary>
    Integer,

    /// <summary>An f32.</summary>
    Float,

    /// <summary>A boolean.</summary>
    Boolean,
}

/// <summary>A parameter, by the name that the Executor's method has.</summary>
internal sealed record KernelParameter(KernelParameterKind Kind, string Name);

/// <summary>An operation of the runtime's Executor.</summary>
internal sealed record KernelSignature(string Op, EquatableArray<KernelParameter> Parameters)
{
    /// <summary>Whether its weights are matrices that activations are multiplied by: what decoding takes most of its time for.</summary>
    public bool IsProduct { get; init; }

    /// <summary>The parameter that takes operand <paramref name="position"/>; null where there are too many operands.</summary>
    public KernelParameter? ParameterOf(int position) =>
        position < Parameters.Count ? Parameters[position] : Parameters[Parameters.Count - 1] is { Kind: KernelParameterKind.Weights } last ? last : null;
}

/// <summary>
/// The operations that a plan may call: the public methods of the runtime's Executor, same names, same parameters (a test holds the two together).
/// A new operation is a method there and a line here.
/// </summary>
internal static class KernelCatalog
{
    private static readonly Dictionary<string, KernelSignature> s_byName = new[]
    {
        Row("Embedding", Weight("table"), Activations("y")),
        Row("RmsNorm", Activations("x"), Optional("gain"), Float("epsilon"), Activations("y")),
        Row("Linear", Activations("x"), Activations("y"), new(KernelParameterKind.Weights, "weights")) with { IsProduct = true },
        Row("LinearAdd", Activations("x"), Activations("y"), Weight("weight")) with { IsProduct = true },
        Row("AddBias", Activations("y"), Weight("bias")),
        Row("Add", Activations("x"), Activations("y")),
        Row("Scale", Activations("x"), Float("factor")),
        Row("Rope", Activations("x"), Integer("heads"), Weight("inverseFrequencies"), Float("magnitude"), Boolean("interleaved")),
        Row("Attention", Activations("q"), Activations("k"), Activations("v"), Integer("layer"), Float("scale"), Integer("window"), Activations("y")),
        Row("SwiGlu", Activations("x"), Activations("y")),
        Row("SelectOutputs", Activations("x"), Activations("y")),
    }.ToDictionary(r => r.Op, StringComparer.Ordinal);

    /// <summary>All operations, in the order of their names.</summary>
    public static IEnumerable<KernelSignature> All => s_byName.Values.OrderBy(r => r.Op, StringComparer.Ordinal);

    /// <summary>The operation, or null.</summary>
    public static KernelSignature? Find(string op) => s_byName.TryGetValue(op, out var row) ? row : null;

    private static KernelSignature Row(string op, params KernelParameter[] parameters) => new(op, new(parameters));

    private static KernelParameter Activations(string name) => new(KernelParameterKind.Activations, name);

    private static KernelParameter Weight(string name) => new(KernelParameterKind.Weight, name);

    private static KernelParameter Optional(string name) => new(KernelParameterKind.OptionalWeight, name);

    private static KernelParameter Integer(string name) => new(KernelParameterKind.Integer, name);

    private static KernelParameter Float(string name) => new(KernelParameterKind.Float, name);

    private static KernelParameter Boolean(string name) => new(KernelParameterKind.Boolean, name);
}
