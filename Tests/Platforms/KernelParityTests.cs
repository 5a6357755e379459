using ModelPack.Tests.Build;

namespace ModelPack.Tests.Platforms;

/// <summary>
/// Every kernel on every rung gives the same bits in every build: x86-64-v3, x86-64-v4 and arm64, compared by eng/kernel-check's hashes.
/// </summary>
[Trait("Lane", "native")]
public sealed class KernelParityTests(NativePrograms programs) : IClassFixture<NativePrograms>
{
    private const string TooOld = "The required instruction sets are not supported by the current CPU.";

    [Fact]
    public void An_x86_64_v4_build_has_the_bits_of_a_v3_build()
    {
        Assert.SkipUnless(KernelSets.IsSupported(KernelSet.Avx512), "this processor has no AVX-512");
        var (v3, v4) = (programs.KernelCheckX64("x86-64-v3"), programs.KernelCheckX64("x86-64-v4"));
        Assert.Equal(Hashes(programs.Run(v3), KernelSet.Scalar, KernelSet.Avx2), Hashes(programs.Run(v4), KernelSet.Scalar, KernelSet.Avx2, KernelSet.Avx512));
    }

    [Fact]
    public void An_arm64_build_has_the_bits_of_an_x64_build()
    {
        Assert.SkipUnless(KernelSets.IsSupported(KernelSet.Avx2), "this processor has no AVX2");
        var arm = programs.KernelCheckArm64();
        var expected = Hashes(programs.Run(programs.KernelCheckX64("x86-64-v3")), KernelSet.Scalar, KernelSet.Avx2);
        Assert.Equal(expected, Hashes(programs.RunArm64("max", arm), KernelSet.Scalar, KernelSet.AdvSimd));
    }

    [Fact]
    public void A_processor_below_the_instruction_set_gets_one_sentence()
    {
        var arm = programs.RunArm64("cortex-a53", programs.KernelCheckArm64()).Fails();
        Assert.Contains(TooOld, arm.Errors);
        Assert.Empty(arm.Output);
        var x64 = programs.RunX64("Nehalem", programs.KernelCheckX64("x86-64-v3")).Fails();
        Assert.Contains(TooOld, x64.Errors);
        Assert.Empty(x64.Output);
    }

    /// <summary>One line for each kernel, after making sure that these rungs, at least, were run and agreed.</summary>
    private static string[] Hashes(BuildResult run, params KernelSet[] rungs)
    {
        run.Succeeds();
        var ran = run.Errors.Split('\n').Single(line => line.StartsWith("rungs: ", StringComparison.Ordinal)).Split(' ');
        Assert.Subset(ran.ToHashSet(), rungs.Select(r => r.ToString()).ToHashSet());
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 3 * ModelPack.Kernels.KernelTable.All.Count, $"only {lines.Length} lines:\n{run.Output}");
        return lines;
    }
}
