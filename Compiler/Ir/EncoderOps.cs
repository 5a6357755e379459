using static System.FormattableString;

namespace ModelPack.Compiler.Ir;

/// <summary>Layer normalization (Ba et al. 2016): gain · (x − mean) / √(variance + ε) + bias.</summary>
internal sealed record LayerNormOp(WeightRef Gain, WeightRef Bias, float Epsilon) : Op
{
    public override IEnumerable<WeightRef> Weights => [Gain, Bias];

    public override string Attributes => Invariant($"epsilon {Epsilon}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 1 && Gain.Columns == inputs[0] && Bias.Columns == inputs[0], $"LayerNorm: gain of {Gain.Columns} for inputs {string.Join(", ", inputs)}.", inputs[0]);
}

/// <summary>x · Φ(x), Φ the normal distribution (Hendrycks and Gimpel 2016); not its approximation by tanh.</summary>
internal sealed record GeluOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "Gelu takes one input.", inputs[0]);
}

/// <summary>Rows of <paramref name="Table"/> by position in the window: no inputs, one result.</summary>
internal sealed record PositionEmbeddingOp(WeightRef Table) : Op
{
    public override IEnumerable<WeightRef> Weights => [Table];

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 0, "PositionEmbedding takes no input.", Table.Columns);
}

/// <summary>The mean of a window's positions, at each of them: what sentence encoders pool by (Reimers and Gurevych 2019).</summary>
internal sealed record WindowMeanOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "WindowMean takes one input.", inputs[0]);
}

/// <summary>x / ‖x‖.</summary>
internal sealed record UnitLengthOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "UnitLength takes one input.", inputs[0]);
}
