using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Graph;

/// <summary>Inverse frequencies against the papers' formulas, written here in double, and against numbers worked out by hand.</summary>
public sealed class RopeFormulaTests
{
    [Theory]
    [InlineData(8, 10000.0)]
    [InlineData(64, 100000.0)]
    [InlineData(128, 500000.0)]
    public void Plain_frequencies_fall_geometrically(int dimensions, double theta)
    {
        var rope = RopeScaling.Plain(dimensions, theta);
        Assert.Equal(1f, rope.Magnitude);
        AssertClose(Pairs(dimensions, i => Math.Exp(-2.0 * i / dimensions * Math.Log(theta))), rope.InverseFrequencies);
        Assert.Equal(1f, rope.InverseFrequencies[0]);
    }

    [Fact]
    public void Plain_frequencies_by_hand() =>
        Assert.Equal([1f, 0.1f, 0.01f, 0.001f], RopeScaling.Plain(8, 10000).InverseFrequencies);

    [Fact]
    public void Linear_scaling_divides_every_frequency()
    {
        Assert.Equal([0.25f, 0.025f, 0.0025f, 0.00025f], RopeScaling.Linear(8, 10000, 4).InverseFrequencies);
        Assert.Equal(1f, RopeScaling.Linear(8, 10000, 4).Magnitude);
    }

    [Fact]
    public void Factors_divide_their_own_frequency() =>
        Assert.Equal([1f, 0.05f, 0.0025f, 0.000125f], RopeScaling.Factors(8, 10000, [1, 2, 4, 8]).InverseFrequencies);

    [Fact]
    public void Llama3_scaling_has_the_published_values_of_llama_3_1()
    {
        // Llama-3.1's config.json: head dimension 128, rope_theta 500000, factor 8, low_freq_factor 1, high_freq_factor 4, original context 8192.
        var rope = RopeScaling.Llama3(128, 500000, 8, 1, 4, 8192);
        AssertClose(Pairs(128, i => Llama3(Math.Pow(500000, -i / 64.0), 8, 1, 4, 8192)), rope.InverseFrequencies);
        Assert.Equal(1f, rope.Magnitude);

        // Wavelengths below 8192 / 4 = 2048 positions are kept, above 8192 divided by 8: 2π·500000^(i/64) crosses them at i = 28.2 and 35.0.
        var plain = RopeScaling.Plain(128, 500000).InverseFrequencies;
        Assert.Equal(plain[..29], rope.InverseFrequencies[..29]);
        Assert.All(Enumerable.Range(29, 6), i => Assert.InRange(rope.InverseFrequencies[i] / plain[i], 0.1251, 0.9999));
        Assert.All(Enumerable.Range(35, 29), i => Assert.Equal(plain[i] / 8, rope.InverseFrequencies[i]));

        // Pair 32: frequency 500000^-½ = 1.41421356e-3, wavelength 4442.88, smooth = (8192/4442.88 − 1) / 3 = 0.281283, so 1.41421356e-3 · (0.718717 / 8 + 0.281283).
        Assert.Equal(5.2484616e-4f, rope.InverseFrequencies[32], 1e-10f);
    }

    [Theory]
    [InlineData(64, 10000.0, 4.0, 2048.0, 32.0, 1.0)]
    [InlineData(128, 1000000.0, 4.0, 32768.0, 32.0, 1.0)]
    [InlineData(128, 10000.0, 40.0, 4096.0, 32.0, 1.0)]
    [InlineData(64, 150000.0, 32.0, 4096.0, 16.0, 2.0)]
    public void Yarn_ramps_between_kept_and_interpolated_frequencies(int dimensions, double theta, double factor, double original, double fast, double slow)
    {
        var rope = RopeScaling.Yarn(dimensions, theta, factor, original, fast, slow);
        AssertClose(Yarn(dimensions, theta, factor, original, fast, slow), rope.InverseFrequencies);
        Assert.Equal((0.1 * Math.Log(factor)) + 1, rope.Magnitude, 1e-6);
    }

    [Fact]
    public void Yarn_has_the_values_of_a_published_configuration()
    {
        // Qwen2.5's YaRN: head dimension 128, rope_theta 1e6, factor 4, original context 32768. The correction range is ⌊23.59⌋ = 23 to ⌈39.65⌉ = 40.
        var rope = RopeScaling.Yarn(128, 1e6, 4, 32768);
        var plain = RopeScaling.Plain(128, 1e6).InverseFrequencies;
        Assert.Equal(1.1386294f, rope.Magnitude);
        Assert.Equal(plain[..24], rope.InverseFrequencies[..24]);
        Assert.All(Enumerable.Range(40, 24), i => Assert.Equal(plain[i] / 4, rope.InverseFrequencies[i]));
        Assert.Equal(1e-3f * (1 - (0.75f * 9 / 17)), rope.InverseFrequencies[32], 1e-9f);
    }

    [Fact]
    public void Yarn_takes_an_attention_factor_and_no_magnitude_where_nothing_is_stretched()
    {
        Assert.Equal(0.5f * 1.1386294f, RopeScaling.Yarn(128, 1e6, 4, 32768, attentionFactor: 0.5).Magnitude);
        Assert.Equal(1f, RopeScaling.Yarn(128, 1e6, 1, 32768).Magnitude);
    }

    [Fact]
    public void A_file_with_llama3_scaling_has_its_frequencies_in_the_graph() => AssertFile(
        new()
        {
            Metadata =
            {
                ["llama.rope.scaling.type"] = "llama3", ["llama.rope.scaling.factor"] = 8f, ["llama.rope.scaling.low_freq_factor"] = 1f,
                ["llama.rope.scaling.high_freq_factor"] = 4f, ["llama.rope.scaling.original_context_length"] = 64,
            },
        },
        RopeScaling.Llama3(16, 10000, 8, 1, 4, 64));

    [Fact]
    public void A_file_with_yarn_has_frequencies_and_magnitude_in_the_graph() => AssertFile(
        new()
        {
            Metadata = { ["llama.rope.scaling.type"] = "yarn", ["llama.rope.scaling.factor"] = 4f, ["llama.rope.scaling.original_context_length"] = 32 },
        },
        RopeScaling.Yarn(16, 10000, 4, 32));

    [Theory]
    [InlineData("llama.rope.scaling.factor", "linear")]
    [InlineData("llama.rope.scaling.factor", null)]
    [InlineData("llama.rope.scale_linear", "linear")]
    [InlineData("llama.rope.scale_linear", null)]
    public void A_factor_is_linear_unless_another_type_is_named(string key, string? type) =>
        AssertFile(new() { Metadata = { [key] = 4f, ["llama.rope.scaling.type"] = type } }, RopeScaling.Linear(16, 10000, 4));

    [Fact]
    public void A_factor_that_is_switched_off_changes_nothing() => AssertFile(
        new() { Metadata = { ["llama.rope.scaling.factor"] = 4f, ["llama.rope.scaling.type"] = "none" } }, RopeScaling.Plain(16, 10000));

    [Fact]
    public void Divisors_in_the_file_are_in_the_graph()
    {
        float[] divisors = [1, 1, 1, 1.5f, 2, 4, 8, 8];
        AssertFile(
            new() { Tensors = { ["rope_freqs.weight"] = [8] }, Edit = (name, values) => (name == "rope_freqs.weight" ? divisors : values).CopyTo(values, 0) },
            RopeScaling.Factors(16, 10000, divisors));
    }

    private static void AssertFile(RandomLlama model, RopeScaling expected)
    {
        using var folder = new TemporaryFolder();
        using var source = ModelSource.Open(model.Write(folder));
        var ropes = ArchitectureTable.Build(source).Graph.Nodes.Select(n => n.Op).OfType<RopeOp>().ToList();
        Assert.Equal(2 * model.Layers, ropes.Count);
        Assert.All(ropes, rope =>
        {
            Assert.Equal(expected.InverseFrequencies, rope.InverseFrequencies.Values!);
            Assert.Equal(expected.Magnitude, rope.Magnitude);
        });
    }

    /// <summary>Hugging Face transformers' definition (modeling_rope_utils.py, "llama3"), by wavelengths.</summary>
    private static double Llama3(double frequency, double factor, double low, double high, double original)
    {
        var rotations = original * frequency / (2 * Math.PI);
        if (rotations < low)
        {
            return frequency / factor;
        }

        if (rotations > high)
        {
            return frequency;
        }

        var kept = (rotations - low) / (high - low);
        return frequency * (kept + ((1 - kept) / factor));
    }

    /// <summary>Peng et al. 2023, section 3.2, with the bounds rounded outward as the authors' code does.</summary>
    private static double[] Yarn(int dimensions, double theta, double factor, double original, double fast, double slow)
    {
        // The pair that turns r times within the original context: theta^(−2i/d) · L = 2π r.
        double Pair(double rotations) => dimensions / 2.0 * Math.Log(original / (2 * Math.PI * rotations), theta);
        double low = Math.Max(0, Math.Floor(Pair(fast))), high = Math.Min(dimensions - 1, Math.Ceiling(Pair(slow)));
        return Pairs(dimensions, i =>
        {
            var kept = i <= low ? 1 : i >= high ? 0 : (high - i) / (high - low);
            return Math.Pow(theta, -2.0 * i / dimensions) * (kept + ((1 - kept) / factor));
        });
    }

    private static double[] Pairs(int dimensions, Func<int, double> of) => [.. Enumerable.Range(0, dimensions / 2).Select(of)];

    /// <summary>Both are rounded to f32 from double: they may differ in the last place.</summary>
    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(1, actual[i] / expected[i], 1.2e-7);
        }
    }
}
