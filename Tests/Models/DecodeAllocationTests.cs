using ModelPack.Compiler.Cli;
using ModelPack.Execution;

namespace ModelPack.Tests.Models;

/// <summary>A decode step allocates nothing on the managed heap.</summary>
public sealed class DecodeAllocationTests
{
    /// <summary>Crosses a block of the KV cache, so that a step of each kind of attention is among them.</summary>
    private const int Steps = 80;

    [Theory]
    [MemberData(nameof(CompiledModel.RungsAndThreads), MemberType = typeof(CompiledModel))]
    public void On_a_model_with_float_weights(KernelSet kernels, int threads)
    {
        using var model = new CompiledModel(GoldenStory.ModelPath);
        Assert.Equal(0, Allocated(model, new() { Kernels = kernels, Threads = threads }));
    }

    [Theory]
    [Trait("Lane", "models")]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void On_a_model_with_quantised_weights(int threads, bool floatActivations)
    {
        using var model = new SmolLm2Fixture();
        Assert.Equal(0, Allocated(model.Compiled, new() { Threads = threads, FloatActivations = floatActivations }));
    }

    /// <summary>Bytes that the calling thread allocates in the second run over the same positions: the first has grown the cache and the buffers.</summary>
    private static long Allocated(CompiledModel compiled, ModelOptions options)
    {
        using var model = compiled.Load(options);
        using var session = compiled.CreateSession(model);
        Decode(session);
        session.Truncate(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Decode(session);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Decode(DecoderSession session)
    {
        var next = 1;
        for (var i = 0; i < Steps; i++)
        {
            next = Sampling.Best(session.Evaluate([next]));
        }
    }
}
