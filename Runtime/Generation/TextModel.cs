using ModelPack.Execution;

namespace ModelPack;

/// <summary>
/// A loaded text model: the base of the classes that the source generator makes. Thread-safe; any number of generators may run on it at once.
/// </summary>
/// <remarks>
/// Disposing a model disposes its generators. One that is computing finishes its current token first; its next step throws
/// <see cref="ObjectDisposedException"/>. Memory is freed with the last of them.
/// </remarks>
public abstract class TextModel : IDisposable
{
    /// <summary>Opens the pack of <paramref name="definition"/>.</summary>
    /// <exception cref="ModelPackException">MP50xx for a bad pack, MP5101 or MP5102 for options that do not suit.</exception>
    protected TextModel(ModelDefinition definition, ModelOptions? options) => throw new NotImplementedException();

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer => throw new NotImplementedException();

    /// <summary>Facts about the model.</summary>
    public ModelInfo Info => throw new NotImplementedException();

    /// <summary>The weights, at the plan's indices.</summary>
    protected internal IReadOnlyList<Weight> Weights => throw new NotImplementedException();

    /// <summary>A generator with a KV cache of its own. Dispose it when it is no longer needed.</summary>
    public TextGenerator CreateGenerator() => throw new NotImplementedException();

    /// <summary>A forward pass over <see cref="Weights"/>; each generator gets its own.</summary>
    protected internal abstract ForwardPass CreateForward();

    /// <summary>The continuation of <paramref name="prompt"/> by a generator that this model keeps, or a new one while that is in use. Behind the static Generate.</summary>
    protected string GenerateShared(string prompt, GenerateOptions? options) => throw new NotImplementedException();

    /// <summary>As <see cref="GenerateShared"/>, streamed. Behind the static GenerateAsync.</summary>
    protected IAsyncEnumerable<string> GenerateSharedAsync(string prompt, GenerateOptions? options, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Disposes the model and its generators.</summary>
    public void Dispose() => throw new NotImplementedException();
}
