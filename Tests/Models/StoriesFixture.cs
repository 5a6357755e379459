namespace ModelPack.Tests.Models;

/// <summary>stories260K, compiled once for a class of tests.</summary>
public sealed class StoriesFixture : IDisposable
{
    internal CompiledModel Model { get; } = new(GoldenStory.ModelPath);

    public void Dispose() => Model.Dispose();
}
