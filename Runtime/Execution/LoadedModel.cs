using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Execution;

/// <summary>A pack that has been opened: its tokenizer, its resident weights, its worker pool. Thread-safe.</summary>
internal sealed unsafe class LoadedModel : IDisposable
{
    private readonly IDisposable? _mapping;
    private readonly WorkerPool _pool;
    private readonly ModelOptions _options;
    private readonly ModelShape _shape;
    private NativeBuffer? _buffer;
    private readonly Weight[] _weights;
    private readonly Tokenizer? _tokenizer;

    private LoadedModel(Pack pack, ModelShape shape, ModelOptions options, IDisposable? mapping)
    {
        _mapping = mapping;
        _options = options;
        _shape = shape;
        Kernels = KernelSets.Resolve(options.Kernels);
        _weights = [.. pack.Tensors.Select(t => new Weight(t.Name, KernelTable.Find(t.Format)!, t.Rows, t.Columns, pack.Segments[t.Segment].RawBytes))];
        CheckMemory(_weights.Sum(w => w.ResidentBytes), "the weights");
        _pool = new(options.EffectiveThreads);
        try
        {
            _tokenizer = Load(pack);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer; MP5001 where the pack has none (a graph that is not a text model).</summary>
    public Tokenizer Tokenizer => _tokenizer ?? throw new ModelPackException(
        MpCodes.PackMalformed, "the pack has no tokenizer, so it cannot be used with text. Rebuild the application.");

    public IReadOnlyList<Weight> Weights => _weights;

    public KernelSet Kernels { get; }

    public int Threads => _pool.Threads;

    /// <summary>Positions that a sequence may have: the model's, or fewer if the options say so.</summary>
    public int ContextLength => Math.Min(_shape.ContextLength, _options.ContextLength ?? int.MaxValue);

    public int VocabularySize => _shape.VocabularySize;

    /// <summary>Bytes of decoded weights and tables in memory of their own (weights used in place in the pack are not counted).</summary>
    public long ResidentBytes => _buffer?.Bytes ?? 0;

    /// <summary>Opens the pack that a generated class embeds.</summary>
    /// <exception cref="ModelPackException">MP50xx: no such resource, a pack that is damaged or belongs to another build; MP5101, MP5102: options.</exception>
    public static LoadedModel Open(ModelDefinition definition, ModelOptions options)
    {
        var stream = definition.Assembly.GetManifestResourceStream(definition.ResourceName)
            ?? throw new ModelPackException(
                MpCodes.PackMismatch,
                $"{definition.Assembly.GetName().Name} has no resource '{definition.ResourceName}', which class {definition.Name} was generated for. Rebuild the project.");
        if (stream is not UnmanagedMemoryStream memory)
        {
            stream.Dispose();
            throw new ModelPackException(MpCodes.PackMismatch, $"resource '{definition.ResourceName}' is not in memory ({stream.GetType().Name}); load the assembly from a file.");
        }

        try
        {
            return Open(memory.PositionPointer, memory.Length, definition.ResourceName, definition.PackHash, definition.Shape, options, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Opens a pack in memory.</summary>
    /// <param name="data">The pack; stays valid until <paramref name="mapping"/> is disposed of, which this object does in the end.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="place">What to call it in messages.</param>
    /// <param name="hash">The hash it must have; empty: any.</param>
    /// <param name="shape">Sizes from the plan.</param>
    /// <param name="options">Threads, kernels, limits.</param>
    /// <param name="mapping">Owner of the memory.</param>
    public static LoadedModel Open(byte* data, long length, string place, string hash, ModelShape shape, ModelOptions options, IDisposable? mapping)
    {
        var pack = Pack.Open(data, length, place);
        if (hash.Length != 0 && pack.Hash != hash)
        {
            throw new ModelPackException(
                MpCodes.PackMismatch,
                $"{place} has hash {pack.Hash}, but the class was generated for {hash}: code and weights come from different builds. Clean and rebuild the project.");
        }

        return new(pack, shape, options, mapping);
    }

    public DecoderSession CreateSession(ForwardPass forward)
    {
        CheckMemory(ResidentBytes, "the weights");
        return new ModelSession(this, _shape, forward, new(_shape, _pool, Kernels, _options.FloatActivations));
    }

    /// <summary>Raises MP5101 where <paramref name="bytes"/> are more than the options allow.</summary>
    public void CheckMemory(long bytes, string what)
    {
        if (_options.MaxMemoryBytes is { } limit && bytes > limit)
        {
            throw new ModelPackException(
                MpCodes.OptionOutOfRange,
                $"{what} take {bytes} bytes, ModelOptions.MaxMemoryBytes allows {limit}. Raise it, lower ModelOptions.ContextLength, or build a smaller model (Quality of CompressedModel).");
        }
    }

    private Tokenizer? Load(Pack pack)
    {
        var segments = new List<PackSegment>(pack.Tensors.Select(t => pack.Segments[t.Segment]));
        var tokenizer = pack.Find(SegmentKind.Tokenizer);
        if (tokenizer is not null)
        {
            segments.Add(tokenizer);
        }

        var (data, buffer) = SegmentDecoder.Decode(pack, segments, _pool);
        _buffer = buffer;
        for (var i = 0; i < _weights.Length; i++)
        {
            _weights[i].Attach((byte*)data[i]);
        }

        return tokenizer is null ? null : Tokenizer.Open((byte*)data[^1], tokenizer.RawBytes);
    }

    public void Dispose()
    {
        _pool.Dispose();
        foreach (var weight in _weights)
        {
            weight.Attach(null);
        }

        _buffer?.Dispose();
        _mapping?.Dispose();
    }
}
