using ModelPack.Compiler.Calibration;

namespace ModelPack.Tests.Calibration;

public sealed class DivergenceKernelTests
{
    [Theory]
    [InlineData(7, 0.3f)]
    [InlineData(1000, 0.01f)]
    [InlineData(49_152, 0.2f)]
    public void Divergence_is_that_of_plain_loops_in_double(int count, float noise)
    {
        var random = new Random(count);
        float[] reference = [.. Enumerable.Range(0, count).Select(_ => (12 * random.NextSingle()) - 8)], logits = [.. reference.Select(r => r + (noise * (random.NextSingle() - 0.5f)))];
        double a = LogSum(reference), b = LogSum(logits);
        var expected = reference.Zip(logits, (r, l) => Math.Exp(r - a) * (r - a - (l - b))).Sum();
        var row = DivergenceKernel.Compare(KernelSets.Resolve(KernelSet.Auto), reference, logits, 3);
        Assert.Equal(expected, row.Divergence, 1e-7);
        Assert.Equal(b - logits[3], row.Nll, 1e-6);
        Assert.Equal(a - reference[3], row.ReferenceNll, 1e-6);
        Assert.Equal(Array.IndexOf(reference, reference.Max()) == Array.IndexOf(logits, logits.Max()), row.Agrees);
        Assert.All(KernelSets.Supported, set => Assert.Equal(row, DivergenceKernel.Compare(set, reference, logits, 3)));
        Assert.Equal(new(0, true, 0, 0), DivergenceKernel.Compare(KernelSets.Resolve(KernelSet.Auto), reference, reference, -1));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.5)]
    [InlineData(49_152.25)]
    [InlineData(1e-20)]
    [InlineData(0.7071)]
    public void Logarithm_is_that_of_the_library_to_its_last_bits(double x) => Assert.Equal(Math.Log(x), DeterministicLog.Of(x), 1e-15 * Math.Max(1, Math.Abs(Math.Log(x))));

    private static double LogSum(float[] values) => Math.Log(values.Sum(v => Math.Exp(v)));
}
