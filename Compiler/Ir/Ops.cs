using static System.FormattableString;

namespace ModelPack.Compiler.Ir;

/// <summary>A standard operation: a plain record that knows the widths of its results.</summary>
internal abstract record Op
{
    /// <summary>Floats per token of each result, from those of the inputs.</summary>
    /// <exception cref="GraphException">The inputs do not fit.</exception>
    public abstract int[] InferWidths(IReadOnlyList<int> inputs);

    /// <summary>Weights that the operation reads, in order.</summary>
    public virtual IEnumerable<WeightRef> Weights => [];

    /// <summary>Constants other than weights, as dumps show them.</summary>
    public virtual string Attributes => "";

    protected static int[] Require(bool condition, string what, params int[] widths) => condition ? widths : throw new GraphException(what);
}

/// <summary>A graph that makes no sense: an error in an architecture or a pass, not in a model file.</summary>
internal sealed class GraphException(string message) : Exception(message);

/// <summary>Rows of <paramref name="Table"/> by token id: no inputs (the ids are the graph's), one result.</summary>
internal sealed record EmbeddingOp(WeightRef Table) : Op
{
    public override IEnumerable<WeightRef> Weights => [Table];

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 0, "Embedding takes no input.", Table.Columns);
}

/// <summary>RMSNorm (Zhang and Sennrich 2019); no gain: it is folded elsewhere, or all ones.</summary>
internal sealed record RmsNormOp(WeightRef? Gain, float Epsilon) : Op
{
    public override IEnumerable<WeightRef> Weights => Gain is null ? [] : [Gain];

    public override string Attributes => Invariant($"epsilon {Epsilon}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 1 && (Gain is null || Gain.Columns == inputs[0]), $"RmsNorm: gain of {Gain?.Columns} for inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>One or more matrices applied to one input: a result for each.</summary>
internal sealed record LinearOp(params WeightRef[] Matrices) : Op
{
    /// <summary>Rows that one token (or sample) brings: an image brings its pixels.</summary>
    public int Positions { get; init; } = 1;

    public override IEnumerable<WeightRef> Weights => Matrices;

    public override string Attributes => Positions == 1 ? "" : Invariant($"{Positions} positions");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 1 && Positions > 0 && Matrices.All(m => (long)m.Columns * Positions == inputs[0]),
        $"Linear: columns {string.Join(", ", Matrices.Select(m => m.Columns))}{(Positions == 1 ? "" : Invariant($" at {Positions} positions"))} for inputs {string.Join(", ", inputs)}.",
        [.. Matrices.Select(m => checked(m.Rows * Positions))]);
}

/// <summary>Inputs x and residual: residual + W x.</summary>
internal sealed record LinearAddOp(WeightRef Matrix) : Op
{
    public override IEnumerable<WeightRef> Weights => [Matrix];

    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 2 && Matrix.Columns == inputs[0] && Matrix.Rows == inputs[1], $"LinearAdd: [{Matrix.Rows}, {Matrix.Columns}] for inputs {string.Join(", ", inputs)}.", Matrix.Rows);
}

/// <summary>Input + bias.</summary>
internal sealed record AddBiasOp(WeightRef Bias) : Op
{
    public override IEnumerable<WeightRef> Weights => [Bias];

    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 1 && Bias.Columns == inputs[0], $"AddBias: {Bias.Columns} for inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>Inputs x and y: x + y, in the place of y.</summary>
internal sealed record AddOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 2 && inputs[0] == inputs[1], $"Add: inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>Input × a constant.</summary>
internal sealed record ScaleOp(float Factor) : Op
{
    public override string Attributes => Invariant($"factor {Factor}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "Scale takes one input.", inputs[0]);
}

/// <summary>Rotary position embedding (Su et al. 2021) of all heads of one input.</summary>
/// <param name="Heads">Heads in the input.</param>
/// <param name="InverseFrequencies">Radians per position of each pair, every scaling in it.</param>
/// <param name="Magnitude">Factor on cosines and sines (YaRN).</param>
/// <param name="Interleaved">Pairs are (2i, 2i + 1), else (i, i + dimensions / 2).</param>
internal sealed record RopeOp(int Heads, WeightRef InverseFrequencies, float Magnitude, bool Interleaved) : Op
{
    public override IEnumerable<WeightRef> Weights => [InverseFrequencies];

    public override string Attributes => Invariant($"{Heads} heads, magnitude {Magnitude}, {(Interleaved ? "interleaved" : "halves")}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 1 && inputs[0] % Heads == 0 && 2 * InverseFrequencies.Columns <= inputs[0] / Heads, $"Rope: {Heads} heads of {InverseFrequencies.Columns} pairs for inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>Grouped-query attention: inputs q, k, v. Causal over the named state "KV cache", slot <paramref name="Slot"/>; or within an encoder's whole window, without state.</summary>
internal sealed record AttentionOp(int Heads, int KvHeads, int KeyLength, int ValueLength, int Slot, float Scale, int Window) : Op
{
    /// <summary>Whether a position looks at those before it only.</summary>
    public bool IsCausal { get; init; } = true;

    public override string Attributes => Invariant($"{Heads} heads over {KvHeads}, scale {Scale}, {(IsCausal ? Invariant($"cache {Slot}") : "both ways")}{(Window == 0 ? "" : $", window {Window}")}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 3 && inputs[0] == Heads * KeyLength && inputs[1] == KvHeads * KeyLength && inputs[2] == KvHeads * ValueLength && Heads % KvHeads == 0 && (IsCausal || Window == 0),
        $"Attention: {Heads} / {KvHeads} heads of {KeyLength} and {ValueLength} for inputs {string.Join(", ", inputs)}.",
        Heads * ValueLength);
}

/// <summary>Inputs gate and up: silu(gate) · up (Shazeer 2020).</summary>
internal sealed record SwiGluOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 2 && inputs[0] == inputs[1], $"SwiGlu: inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>Keeps the tokens whose logits are wanted.</summary>
internal sealed record SelectOutputsOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "SelectOutputs takes one input.", inputs[0]);
}
