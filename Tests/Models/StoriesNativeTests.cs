using System.Globalization;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Models;

/// <summary>All 200 tokens of each story from the published native file, alone in its folder without an environment, and from <c>dotnet run</c>.</summary>
[Collection(NativeSample.Collection)]
[Trait("Lane", "build")]
public sealed class StoriesNativeTests(NativeSample sample)
{
    [Theory]
    [MemberData(nameof(CompiledModel.RungsAndThreads), MemberType = typeof(CompiledModel))]
    public void The_native_file_generates_the_golden_tokens(KernelSet kernels, int threads)
    {
        SkipUnlessSupported(kernels);
        var app = kernels == KernelSet.Avx512 ? sample.Avx512 : sample.Default;
        Assert.Equal(Expected, app.RunAlone(Arguments(kernels, threads)).Succeeds().Output);
    }

    [Theory]
    [MemberData(nameof(CompiledModel.RungsAndThreads), MemberType = typeof(CompiledModel))]
    public void The_same_application_under_the_JIT_generates_the_golden_tokens(KernelSet kernels, int threads)
    {
        SkipUnlessSupported(kernels);
        Assert.Equal(Expected, sample.Jit.RunJit(Arguments(kernels, threads)).Succeeds().Output);
    }

    [Theory]
    [InlineData(KernelSet.Scalar)]
    [InlineData(KernelSet.Avx2)]
    [InlineData(KernelSet.AvxVnni)]
    public void A_native_file_for_AVX512_generates_them_on_the_rungs_below_too(KernelSet kernels)
    {
        SkipUnlessSupported(KernelSet.Avx512);
        SkipUnlessSupported(kernels);
        Assert.Equal(Expected, sample.Avx512.RunAlone(Arguments(kernels, 2)).Succeeds().Output);
    }

    [Fact]
    public void The_native_file_writes_the_golden_texts() =>
        Assert.All(GoldenStory.All, story => Assert.Equal(story.Continuation + "\n", sample.Default.RunAlone(story.Text, "--max-tokens", "200").Succeeds().Output));

    /// <summary>A line for each story.</summary>
    private static string Expected => string.Concat(GoldenStory.All.Select(s => s.GreedyLine + "\n"));

    private static string[] Arguments(KernelSet kernels, int threads) =>
    [
        .. GoldenStory.All.SelectMany(s => new[] { "--ids", string.Join(',', s.Ids) }),
        "--max-tokens", "200", "--kernels", kernels.ToString().ToLowerInvariant(), "--threads", threads.ToString(CultureInfo.InvariantCulture),
    ];

    private static void SkipUnlessSupported(KernelSet kernels) => Assert.SkipUnless(KernelSets.IsSupported(kernels), $"this processor has no {kernels}");
}
