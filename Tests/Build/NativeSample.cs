namespace ModelPack.Tests.Build;

/// <summary>The sample published once per run of the tests and instruction set.</summary>
[CollectionDefinition(Collection)]
public sealed class NativeSample : ICollectionFixture<NativeSample>, IDisposable
{
    public const string Collection = "native sample";

    /// <summary>For the instruction set that the targets choose: x86-64-v3, or arm64 with the dot product.</summary>
    internal SampleProject Default { get; } = new("");

    /// <summary>For processors with AVX-512.</summary>
    internal SampleProject Avx512 { get; } = new("x86-64-v4");

    /// <summary>The JIT's, in a project of its own: a publish has other outputs in the same folders.</summary>
    internal SampleProject Jit { get; } = new("");

    public void Dispose()
    {
        Default.Dispose();
        Avx512.Dispose();
        Jit.Dispose();
    }
}
