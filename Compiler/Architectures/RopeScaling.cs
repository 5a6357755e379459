using static System.FormattableString;

namespace ModelPack.Compiler.Architectures;

/// <summary>
/// Inverse frequencies of rotary position embeddings with the scalings that extend a model's context, computed once at build time.
/// </summary>
/// <param name="InverseFrequencies">Radians per position of each pair.</param>
/// <param name="Magnitude">Factor on cosines and sines.</param>
/// <param name="Description">Base and scaling in words.</param>
internal sealed record RopeScaling(float[] InverseFrequencies, float Magnitude, string Description)
{
    /// <summary>theta^(−2i/d) (Su et al. 2021), rounded to f32 as the reference implementations do.</summary>
    public static RopeScaling Plain(int dimensions, double theta) =>
        new([.. Enumerable.Range(0, dimensions / 2).Select(i => (float)Frequency(i, dimensions, theta))], 1f, Invariant($"theta {theta}"));

    /// <summary>Positions divided by a factor (Chen et al. 2023, position interpolation).</summary>
    public static RopeScaling Linear(int dimensions, double theta, double factor) =>
        new([.. Enumerable.Range(0, dimensions / 2).Select(i => (float)(Frequency(i, dimensions, theta) / factor))], 1f, Invariant($"theta {theta}, linear scaling by {factor}"));

    /// <summary>Each frequency divided by its own factor: <c>rope_freqs.weight</c> of GGUF, long-rope tables.</summary>
    public static RopeScaling Factors(int dimensions, double theta, ReadOnlySpan<float> factors)
    {
        var frequencies = new float[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = (float)(Frequency(i, dimensions, theta) / factors[i]);
        }

        return new(frequencies, 1f, Invariant($"theta {theta}, a factor for each frequency"));
    }

    /// <summary>
    /// Llama 3.1's scaling: wavelengths above original / low are divided by the factor, below original / high kept, between interpolated
    /// (Hugging Face transformers, <c>_compute_llama3_parameters</c>).
    /// </summary>
    public static RopeScaling Llama3(int dimensions, double theta, double factor, double lowFrequencyFactor, double highFrequencyFactor, double originalContext)
    {
        var frequencies = new float[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var frequency = Frequency(i, dimensions, theta);
            var wavelength = 2 * Math.PI / frequency;
            var smooth = ((originalContext / wavelength) - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            frequencies[i] = (float)(wavelength > originalContext / lowFrequencyFactor ? frequency / factor
                : wavelength < originalContext / highFrequencyFactor ? frequency
                : ((1 - smooth) * frequency / factor) + (smooth * frequency));
        }

        return new(frequencies, 1f, Invariant($"theta {theta}, llama3 scaling by {factor} from {originalContext}"));
    }

    /// <summary>
    /// YaRN (Peng et al. 2023): dimensions that turn more than betaFast times within the original context are kept, those below betaSlow interpolated,
    /// a linear ramp between; cosines and sines grow by <paramref name="attentionFactor"/> · (0.1 ln s + 1).
    /// </summary>
    public static RopeScaling Yarn(int dimensions, double theta, double factor, double originalContext, double betaFast = 32, double betaSlow = 1, double attentionFactor = 1)
    {
        double Dimension(double rotations) => dimensions * Math.Log(originalContext / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        var low = Math.Max(Math.Floor(Dimension(betaFast)), 0);
        var high = Math.Min(Math.Ceiling(Dimension(betaSlow)), dimensions - 1);
        var frequencies = new float[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var frequency = Frequency(i, dimensions, theta);
            var interpolated = Math.Clamp((i - low) / Math.Max(high - low, 0.001), 0, 1);
            frequencies[i] = (float)((frequency / factor * interpolated) + (frequency * (1 - interpolated)));
        }

        return new(frequencies, (float)(attentionFactor * (factor > 1 ? (0.1 * Math.Log(factor)) + 1 : 1)), Invariant($"theta {theta}, yarn scaling by {factor} from {originalContext}"));
    }

    private static double Frequency(int pair, int dimensions, double theta) => 1 / Math.Pow(theta, 2.0 * pair / dimensions);
}
