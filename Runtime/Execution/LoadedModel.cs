namespace ModelPack.Execution;

/// <summary>A pack that has been opened: its tokenizer, its resident weights, its worker pool. Thread-safe.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel()
    {
    }

    public Tokenizer Tokenizer => throw new NotImplementedException();

    public IReadOnlyList<Weight> Weights => throw new NotImplementedException();

    public static LoadedModel Open(ModelDefinition definition, ModelOptions options) => throw new NotImplementedException();

    public DecoderSession CreateSession(ForwardPass forward) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
