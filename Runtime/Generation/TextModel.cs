using System.Runtime.CompilerServices;
using ModelPack.Execution;
using ModelPack.Templates;

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
    private readonly ModelCore _core;
    private readonly ModelInfo _info;
    private readonly IReadOnlyList<Weight> _weights;

    /// <summary>A generator that is kept for the next call of <see cref="GenerateShared"/>, with its KV cache.</summary>
    private TextGenerator? _idle;

    /// <summary>Opens the pack of <paramref name="definition"/>.</summary>
    /// <param name="definition">What the generated class knows of its model.</param>
    /// <param name="options">null: the defaults.</param>
    /// <exception cref="ModelPackException">MP50xx for a bad pack, MP5101 or MP5102 for options that do not suit.</exception>
    protected TextModel(ModelDefinition definition, ModelOptions? options)
        : this(definition, options, (d, o) => ModelCore.Of(LoadedModel.Open(d, o)))
    {
    }

    internal TextModel(ModelDefinition definition, ModelOptions? options, Func<ModelDefinition, ModelOptions, ModelCore> open)
    {
        ArgumentNullException.ThrowIfNull(definition);
        options ??= ModelOptions.Default;
        var info = new ModelInfo(definition.Name, ContextLengthOf(definition, options), definition.Shape.VocabularySize, [.. definition.Facts]);
        _core = open(definition, options);
        (_info, _weights) = (info, _core.Weights);
    }

    /// <summary>The model's tokenizer.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tokenizer Tokenizer => _core.Tokenizer;

    /// <summary>Facts about the model.</summary>
    public ModelInfo Info => _info with { ResidentBytes = _weights.Sum(w => w.ResidentBytes) };

    /// <summary>How loading went so far.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public LoadStatistics LoadStatistics => _core.Statistics;

    /// <summary>The weights, at the plan's indices.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    protected internal IReadOnlyList<Weight> Weights => _core.Weights;

    /// <summary>A generator with a KV cache of its own. Dispose it when it is no longer needed.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public TextGenerator CreateGenerator() => _core.CreateGenerator(CreateForward);

    /// <summary>A conversation, with a KV cache of its own. Dispose it when it is no longer needed.</summary>
    /// <param name="options">System prompt, tools, how to generate; null: the defaults.</param>
    /// <exception cref="ModelPackException">MP5301: the model has no chat template; MP5302: it was not translated.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Chat CreateChat(ChatOptions? options = null)
    {
        var template = CreateChatTemplate();
        var tokenizer = Tokenizer;
        return new(CreateGenerator(), tokenizer, template, options ?? ChatOptions.Default);
    }

    /// <summary>The model's chat template; the generated class overrides it where the model's file has one.</summary>
    protected internal virtual ChatTemplate CreateChatTemplate() => throw new ModelPackException(
        MpCodes.ChatTemplateMissing,
        $"{Info.Name} has no chat template: its file has none (tokenizer.chat_template), as files of models that were not trained on conversations. Use Generate, or a model tuned for chat.");

    /// <summary>What a generated class throws whose template is beyond the translated part of Jinja.</summary>
    /// <param name="line">Line of the template.</param>
    /// <param name="construct">What is beyond it.</param>
    protected static ModelPackException UntranslatedChatTemplate(int line, string construct) => new(
        MpCodes.ChatTemplateUnsupported,
        $"the model's chat template was not translated: line {line}: {construct}. The build warned of it (MP2301). Use Generate with a prompt in the model's own format, or a file with a simpler template.");

    /// <summary>A forward pass over <see cref="Weights"/>; each generator gets its own.</summary>
    protected internal abstract ForwardPass CreateForward();

    /// <summary>The continuation of <paramref name="prompt"/> by a generator that this model keeps, or a new one while that is in use. Behind the static Generate.</summary>
    /// <exception cref="ModelPackException">As <see cref="TextGenerator.Generate(string, GenerateOptions?)"/>.</exception>
    protected string GenerateShared(string prompt, GenerateOptions? options)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var generator = Rent();
        try
        {
            return generator.Generate(prompt, options);
        }
        finally
        {
            Return(generator);
        }
    }

    /// <summary>As <see cref="GenerateShared"/>, streamed. Behind the static GenerateAsync.</summary>
    /// <exception cref="ModelPackException">As <see cref="TextGenerator.GenerateAsync(string, GenerateOptions?, CancellationToken)"/>.</exception>
    protected IAsyncEnumerable<string> GenerateSharedAsync(string prompt, GenerateOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return StreamShared(prompt, options, cancellationToken);
    }

    /// <summary>Disposes the model and its generators.</summary>
    public void Dispose()
    {
        _core.Dispose();
        GC.SuppressFinalize(this);
    }

    private static int ContextLengthOf(ModelDefinition definition, ModelOptions options)
    {
        var most = definition.Shape.ContextLength;
        var wanted = options.ContextLength ?? most;
        return wanted <= most ? wanted : throw OptionCheck.OutOfRange(
            "ModelOptions.ContextLength", $"{wanted}", $"1 to {most} for {definition.Name}", "the context length the model was built with; metadatum ContextLength of CompressedModel");
    }

    private async IAsyncEnumerable<string> StreamShared(string prompt, GenerateOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var generator = Rent();
        try
        {
            await foreach (var piece in generator.GenerateAsync(prompt, options, cancellationToken).ConfigureAwait(false))
            {
                yield return piece;
            }
        }
        finally
        {
            Return(generator);
        }
    }

    private TextGenerator Rent() => Interlocked.Exchange(ref _idle, null) ?? CreateGenerator();

    private void Return(TextGenerator generator)
    {
        if (Interlocked.CompareExchange(ref _idle, generator, null) is not null)
        {
            generator.Dispose();
        }
    }
}
