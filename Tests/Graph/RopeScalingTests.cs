using ModelPack.Compiler.Architectures;

namespace ModelPack.Tests.Graph;

/// <summary>
/// Inverse frequencies against numbers computed apart from this program, with Python's doubles rounded to f32, from the formulas of Hugging Face transformers
/// (modeling_rope_utils.py: linear, llama3, yarn).
/// </summary>
public sealed class RopeScalingTests
{
    [Fact]
    public void Plain_frequencies_are_powers_of_theta() => AssertClose(
        [1f, 0.316227764f, 0.100000001f, 0.0316227749f, 0.00999999978f, 0.00316227763f, 0.00100000005f, 0.000316227757f],
        RopeScaling.Plain(16, 10000).InverseFrequencies);

    [Fact]
    public void Linear_scaling_divides_every_frequency() => AssertClose(
        [0.25f, 0.079056941f, 0.0250000004f, 0.00790569372f, 0.00249999994f, 0.000790569407f, 0.000250000012f, 7.90569393e-05f],
        RopeScaling.Linear(16, 10000, 4).InverseFrequencies);

    [Fact]
    public void Llama3_scaling_keeps_short_waves_divides_long_ones_and_blends_between() => AssertClose(
        [
            1f, 0.66360122f, 0.440366596f, 0.292227834f, 0.193922743f, 0.128687367f, 0.0853971019f, 0.0566696227f, 0.0376060307f, 0.0249554086f, 0.0165604409f, 0.0109895281f,
            0.00729266461f, 0.00483942125f, 0.00321144611f, 0.00137189357f, 0.000524846138f, 0.000178507806f, 7.78465546e-05f, 5.16590699e-05f, 3.42810235e-05f, 2.2748929e-05f,
            1.50962169e-05f, 1.00178686e-05f, 6.64786967e-06f, 4.41153452e-06f, 2.92749996e-06f, 1.94269251e-06f, 1.28917316e-06f, 8.55496921e-07f, 5.6770881e-07f, 3.7673226e-07f,
        ],
        RopeScaling.Llama3(64, 500000, 8, 1, 4, 8192).InverseFrequencies);

    [Fact]
    public void Yarn_interpolates_slow_dimensions_and_raises_the_magnitude()
    {
        var yarn = RopeScaling.Yarn(32, 10000, 4, 4096);
        AssertClose(
            [
                1f, 0.562341332f, 0.316227764f, 0.177827939f, 0.100000001f, 0.0562341325f, 0.0282346215f, 0.0139721958f, 0.00678571407f, 0.00321337907f, 0.00146820035f,
                0.000635099772f, 0.000250000012f, 0.000140585325f, 7.90569393e-05f, 4.44569851e-05f,
            ],
            yarn.InverseFrequencies);
        Assert.Equal(1.13862944f, yarn.Magnitude);
    }

    [Fact]
    public void Yarn_of_a_large_head_and_theta()
    {
        var yarn = RopeScaling.Yarn(128, 1e6, 4, 32768);
        AssertClose(
            [1f, 0.013335214f, 0.00697830599f, 0.00106436096f, 6.4903943e-05f, 1.510741e-05f, 3.10234441e-07f],
            [.. new[] { 0, 20, 23, 30, 39, 45, 63 }.Select(i => yarn.InverseFrequencies[i])]);
    }

    [Fact]
    public void Factors_divide_each_frequency_by_its_own() =>
        AssertClose([1f, 0.0158113882f, 0.00333333341f], RopeScaling.Factors(6, 1e6, [1f, 0.632455532f, 0.03f]).InverseFrequencies, 1e-6f);

    [Fact]
    public void Llama3_scaling_given_as_factors_in_a_tensor_is_the_same()
    {
        // How converters write rope_freqs.weight: plain frequency / scaled frequency.
        var plain = RopeScaling.Plain(64, 500000).InverseFrequencies;
        var scaled = RopeScaling.Llama3(64, 500000, 8, 1, 4, 8192).InverseFrequencies;
        var factors = plain.Zip(scaled, (p, s) => p / s).ToArray();
        AssertClose(scaled, RopeScaling.Factors(64, 500000, factors).InverseFrequencies, 3e-7f);
    }

    /// <summary>One rounding apart at most: powers may differ in their last bit between C libraries.</summary>
    private static void AssertClose(float[] expected, float[] actual, float tolerance = 1.2e-7f)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= tolerance * expected[i], $"frequency {i}: expected {expected[i]:R}, got {actual[i]:R}");
        }
    }
}
