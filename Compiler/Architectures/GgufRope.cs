using System.Globalization;
using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Architectures;

/// <summary>Rotary position embeddings as GGUF describes them, for any family: <c>{architecture}.rope.*</c> and the tensor <c>rope_freqs.weight</c>.</summary>
internal static class GgufRope
{
    private const int MaxContext = 1 << 24;
    private const string FactorsTensor = "rope_freqs.weight";

    /// <param name="p">The family's hyper-parameters.</param>
    /// <param name="dimensions">Rotated dimensions of a head.</param>
    /// <param name="context">Positions that the model was made for.</param>
    /// <param name="source">Where <c>rope_freqs.weight</c> may be.</param>
    /// <param name="tensors">Told that it was used.</param>
    public static RopeScaling Read(HyperParameters p, int dimensions, int context, ModelSource source, TensorMap tensors)
    {
        var theta = p.Float("rope.freq_base", 1.0001, 1e12, 10000);
        var type = p.Text("rope.scaling.type") ?? (p.Has("rope.scaling.factor") || p.Has("rope.scale_linear") ? "linear" : "none");
        if (source.Find(FactorsTensor) is { } factors)
        {
            if (type is not ("none" or "llama3"))
            {
                throw new ModelPackException(
                    CompilerCodes.FeatureUnsupported, $"the model has both a RoPE scaling ({p.Key("rope.scaling.type")} '{Printable(type)}') and divisors in tensor '{factors.Name}', which is not compiled yet. Use a model without it.");
            }

            // Llama 3.1 and later: the scaling as one divisor per frequency, computed by the converter.
            tensors.Ignore(factors.Name);
            return RopeScaling.Factors(dimensions, theta, ReadFactors(factors, dimensions));
        }

        double Factor() => p.Has("rope.scaling.factor") ? p.Float("rope.scaling.factor", 0.001, 1e6) : p.Float("rope.scale_linear", 0.001, 1e6);
        double Original() => p.Integer("rope.scaling.original_context_length", 1, MaxContext, context);
        switch (type)
        {
            case "none":
                return RopeScaling.Plain(dimensions, theta);
            case "linear":
                return RopeScaling.Linear(dimensions, theta, Factor());
            case "llama3":
                double low = p.Float("rope.scaling.low_freq_factor", 1e-3, 1e6, 1), high = p.Float("rope.scaling.high_freq_factor", 1e-3, 1e6, 4);
                return high > low
                    ? RopeScaling.Llama3(dimensions, theta, Factor(), low, high, Original())
                    : throw new ModelPackException(CompilerCodes.HyperParameter, string.Create(CultureInfo.InvariantCulture, $"{p.Key("rope.scaling.high_freq_factor")} is {high}; expected more than low_freq_factor, {low}."));
            case "yarn":
                double fast = p.Float("rope.scaling.yarn_beta_fast", 1e-3, 1e6, 32), slow = p.Float("rope.scaling.yarn_beta_slow", 1e-3, 1e6, 1);
                return RopeScaling.Yarn(dimensions, theta, Factor(), Original(), fast, slow, p.Float("rope.scaling.attn_factor", 1e-3, 1e3, 1));
            default:
                throw new ModelPackException(CompilerCodes.FeatureUnsupported, $"{p.Key("rope.scaling.type")} is '{Printable(type)}'; known are none, linear, llama3, yarn.");
        }
    }

    private static float[] ReadFactors(SourceTensor factors, int dimensions)
    {
        if (factors.Rows != 1 || factors.Columns != dimensions / 2)
        {
            throw new ModelPackException(
                CompilerCodes.TensorShapeMismatch, $"tensor '{factors.Name}' has shape [{string.Join(", ", factors.Shape)}]; {dimensions} rotated dimensions call for [{dimensions / 2}].");
        }

        var values = new float[dimensions / 2];
        factors.DequantizeRow(0, values);
        // Beyond these no model lies, and the frequency would not be a sensible f32.
        var bad = Array.FindIndex(values, v => v is not (>= 1e-3f and <= 1e9f));
        return bad < 0
            ? values
            : throw new ModelPackException(
                CompilerCodes.HyperParameter,
                string.Create(CultureInfo.InvariantCulture, $"element {bad} of tensor '{factors.Name}' at byte {factors.ByteOffset} is {values[bad]}; expected a positive divisor, 0.001 to 1e9."));
    }

    private static string Printable(string text) => new([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);
}
