using System;

namespace ModelPack.Plan;

/// <summary>
/// What the headers of a model file decide, and all that the public types depend on (file <c>X.shape</c>): written by <c>modelpack inspect</c>,
/// in design-time builds too. A change of weights alone does not change it.
/// </summary>
/// <param name="Name">Class name.</param>
/// <param name="Namespace">Namespace of the class.</param>
/// <param name="Facts">Key–value facts in display order: architecture, source file, parameters, layers, hidden size, vocabulary …; printed into docs and <c>Info</c>.</param>
/// <param name="Sizes">Numbers the runtime needs.</param>
/// <param name="Weights">Every weight; a weight's position is its index in the pack's tensor table.</param>
/// <param name="Accessors">Typed accessors, in order of appearance.</param>
internal sealed record ModelShapeFile(
    string Name,
    string Namespace,
    EquatableArray<PlanFact> Facts,
    PlanSizes Sizes,
    EquatableArray<PlanWeight> Weights,
    EquatableArray<PlanAccessor> Accessors)
{
    /// <summary>The file's chat template, in Jinja; empty where it has none.</summary>
    public string ChatTemplate { get; init; } = "";
}

internal sealed record PlanFact(string Key, string Value);

/// <summary>The arguments of the runtime's ModelShape record, same names, same order.</summary>
internal sealed record PlanSizes(
    int VocabularySize,
    int ContextLength,
    int ArenaFloats,
    int MaxWidth,
    int CacheLayers,
    int KvHeads,
    int KeyLength,
    int ValueLength);

/// <summary>One weight: tensor name in the source file, shape [rows, columns].</summary>
internal sealed record PlanWeight(string Name, int Rows, int Columns);

/// <summary>
/// A typed accessor. <paramref name="Path"/> is dotted, for example <c>TokenEmbedding</c> or, per layer, <c>Layers.Attention.Query</c>:
/// the generator makes <c>model.TokenEmbedding</c> and <c>model.Layers[i].Attention.Query</c>. One weight index for a global accessor,
/// one per layer for those under <c>Layers.</c> (−1: that layer has none).
/// </summary>
internal sealed record PlanAccessor(string Path, EquatableArray<int> Weights);

/// <summary>
/// The model lowered to kernel calls (file <c>X.plan</c>), written by <c>modelpack pack</c>. The generator prints it; the Compiler interprets it.
/// </summary>
/// <param name="Shape">The same as the shape file of the same model and options.</param>
/// <param name="CompilerVersion">Who wrote it.</param>
/// <param name="PackHash">XXH3-128 of the pack in hex: the class refuses any other pack.</param>
/// <param name="PackBytes">Length of the pack.</param>
/// <param name="Formats">Resident format of each weight, same positions as Shape.Weights, as <c>WeightFormat.ToString</c> prints it.</param>
/// <param name="Buffers">Regions of the activation arena.</param>
/// <param name="Templates">Call lists that repeat, one per kind of layer.</param>
/// <param name="Steps">The forward pass in order.</param>
internal sealed record ModelPlan(
    ModelShapeFile Shape,
    string CompilerVersion,
    string PackHash,
    long PackBytes,
    EquatableArray<string> Formats,
    EquatableArray<PlanBuffer> Buffers,
    EquatableArray<PlanTemplate> Templates,
    EquatableArray<PlanStep> Steps)
{
    /// <summary>Most bytes that weights were to take in memory; 0: nothing was said.</summary>
    public long MemoryBudget { get; init; }

    /// <summary>Rungs (names of the runtime's KernelSet) on which trellis codes as they are take no longer than expanded ones, by the profiles of processors that the compiler has.</summary>
    public EquatableArray<string> CompactFor { get; init; } = new([]);
}

/// <summary>A named region: <c>[tokens, Width]</c> f32 at <paramref name="Offset"/> floats per token; regions whose lives do not overlap may share floats.</summary>
/// <param name="Name">camelCase identifier, for example <c>x</c>, <c>qkv</c>, <c>gateUp</c>.</param>
/// <param name="Comment">What it holds, for example <c>residual stream [tokens, 576]</c>.</param>
internal sealed record PlanBuffer(string Name, int Offset, int Width, string Comment);

/// <summary>Either one call, or a run of layers of one template (exactly one of the two is not null).</summary>
internal sealed record PlanStep(PlanCall? Call, PlanRepeat? Repeat);

/// <summary>
/// A call list whose weights are named slots. Weight operands inside refer to slots; the operand of kind <see cref="PlanOperandKind.Layer"/> is the index of the layer.
/// </summary>
/// <param name="Name">PascalCase, for example <c>Layer</c>.</param>
/// <param name="Slots">PascalCase names, for example <c>AttentionNorm</c>, <c>AttentionQuery</c>.</param>
internal sealed record PlanTemplate(string Name, EquatableArray<string> Slots, EquatableArray<PlanCall> Calls);

/// <summary>Runs a template for layers <paramref name="FirstLayer"/> … FirstLayer + Rows.Count − 1.</summary>
/// <param name="Template">Name of the template.</param>
/// <param name="FirstLayer">Index of the first layer (its slot in the KV cache, too).</param>
/// <param name="Rows">For each layer, the weight index of each slot.</param>
internal sealed record PlanRepeat(string Template, int FirstLayer, EquatableArray<EquatableArray<int>> Rows);

/// <summary>A kernel call.</summary>
/// <param name="Op">Name in the kernel catalogue: a method of the runtime's Executor.</param>
/// <param name="Operands">In the order of the method's parameters (a trailing <c>params</c> list of weights is several operands).</param>
/// <param name="Comment">In the words of the papers: <c>attention RMSNorm</c>.</param>
internal sealed record PlanCall(string Op, EquatableArray<PlanOperand> Operands, string Comment);

internal enum PlanOperandKind
{
    /// <summary>Buffer <c>Text</c>, columns [Offset, Offset + Width); the whole buffer where Width is 0.</summary>
    Buffer,

    /// <summary>The executor's logits.</summary>
    Logits,

    /// <summary>Weight with index Offset.</summary>
    Weight,

    /// <summary>Slot <c>Text</c> of the template.</summary>
    Slot,

    /// <summary>No weight: null.</summary>
    NoWeight,

    /// <summary>The current layer's index.</summary>
    Layer,

    /// <summary>Integer Offset.</summary>
    Integer,

    /// <summary>Boolean Offset != 0.</summary>
    Boolean,

    /// <summary>f32 whose bits are Offset (bits, so that nothing is lost in text).</summary>
    Float,
}

internal sealed record PlanOperand(PlanOperandKind Kind, string Text, int Offset, int Width) : IEquatable<PlanOperand>
{
    public static PlanOperand Buffer(string name, int offset = 0, int width = 0) => new(PlanOperandKind.Buffer, name, offset, width);

    public static PlanOperand Weight(int index) => new(PlanOperandKind.Weight, "", index, 0);

    public static PlanOperand Slot(string name) => new(PlanOperandKind.Slot, name, 0, 0);

    public static PlanOperand Integer(int value) => new(PlanOperandKind.Integer, "", value, 0);

    public static PlanOperand Boolean(bool value) => new(PlanOperandKind.Boolean, "", value ? 1 : 0, 0);

    public static PlanOperand FloatBits(int bits) => new(PlanOperandKind.Float, "", bits, 0);

    public static PlanOperand Logits { get; } = new(PlanOperandKind.Logits, "", 0, 0);

    public static PlanOperand NoWeight { get; } = new(PlanOperandKind.NoWeight, "", 0, 0);

    public static PlanOperand Layer { get; } = new(PlanOperandKind.Layer, "", 0, 0);
}
