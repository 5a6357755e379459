using System.Diagnostics;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Platform;

namespace ModelPack.Execution;

/// <summary>A pack that has been opened: its tokenizer, its weights, which are decoded when they are first needed, its worker pool. Thread-safe.</summary>
internal sealed unsafe class LoadedModel : IDisposable
{
    private readonly IDisposable? _mapping;
    private readonly WorkerPool _pool;
    private readonly ModelOptions _options;
    private readonly ModelShape _shape;
    private readonly Weight[] _weights;
    private readonly FileRange? _file;
    private readonly WeightLoader _loader;
    private readonly Lazy<Tokenizer> _tokenizer;
    private readonly double _packSeconds;
    private NativeBuffer? _tables;
    private double _tokenizerSeconds;
    private int _decodesAhead;

    private LoadedModel(Pack pack, ModelShape shape, ModelOptions options, IDisposable? mapping, long started)
    {
        _mapping = mapping;
        Pack = pack;
        _options = options;
        _shape = shape;
        Kernels = KernelSets.Resolve(options.Kernels);
        var expanded = ResidentForms.IsExpanded(pack, shape, options);
        _weights = [.. pack.Tensors.Select(t => new Weight(t.Name, KernelTable.Find(t.Format)!, t.Rows, t.Columns, ResidentForms.MostBytes(pack, t, expanded)))];
        CheckMemory(_weights.Sum(w => w.ResidentBytes), "the weights");
        _file = FileOf(pack, mapping);
        _loader = new(pack, _weights, _file, Kernels, expanded);
        _pool = new(options.EffectiveThreads);
        _tokenizer = new(OpenTokenizer);
        _packSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (options.Preload)
        {
            Preload();
        }
    }

    /// <summary>The tokenizer, opened when it is first asked for.</summary>
    /// <exception cref="ModelPackException">MP5001: the pack has none (a graph that is not a text model), or its tables make no sense; MP5002: they are damaged.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed of.</exception>
    public Tokenizer Tokenizer => _tokenizer.Value;

    public IReadOnlyList<Weight> Weights => _weights;

    /// <summary>The pack it was opened from.</summary>
    public Pack Pack { get; }

    public KernelSet Kernels { get; }

    public int Threads => _pool.Threads;

    /// <summary>Positions that a sequence may have: the model's, or fewer if the options say so.</summary>
    public int ContextLength => Math.Min(_shape.ContextLength, _options.ContextLength ?? int.MaxValue);

    public int VocabularySize => _shape.VocabularySize;

    /// <summary>Bytes that weights and tables take in memory of their own when all are decoded (those used in place in the pack are not counted).</summary>
    public long ResidentBytes => _loader.Bytes + (_tables?.Bytes ?? 0);

    /// <summary>How loading went so far.</summary>
    public LoadStatistics Statistics => new()
    {
        PackSeconds = _packSeconds,
        TokenizerSeconds = _tokenizerSeconds,
        DecodeSeconds = _loader.DecodeSeconds,
        DecodeWaitSeconds = _loader.WaitSeconds,
        DecodedBytes = _loader.DecodedBytes,
        WeightBytes = _weights.Sum(w => w.ResidentBytes),
    };

    /// <summary>Opens the pack that a generated class embeds.</summary>
    /// <exception cref="ModelPackException">MP50xx: no such resource, a pack that is damaged or belongs to another build; MP5101, MP5102: options.</exception>
    public static LoadedModel Open(ModelDefinition definition, ModelOptions options)
    {
        var started = Stopwatch.GetTimestamp();
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
            return Open(memory.PositionPointer, memory.Length, definition.ResourceName, definition.PackHash, definition.Shape, options, memory, started);
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
    /// <param name="started">Timestamp from which opening counts; 0: now.</param>
    public static LoadedModel Open(byte* data, long length, string place, string hash, ModelShape shape, ModelOptions options, IDisposable? mapping, long started = 0)
    {
        started = started == 0 ? Stopwatch.GetTimestamp() : started;
        var pack = Pack.Open(data, length, place);
        if (hash.Length != 0 && pack.Hash != hash)
        {
            throw new ModelPackException(
                MpCodes.PackMismatch,
                $"{place} has hash {pack.Hash}, but the class was generated for {hash}: code and weights come from different builds. Clean and rebuild the project.");
        }

        return new(pack, shape, options, mapping, started);
    }

    /// <summary>Opens a pack that lies beside the application, or anywhere, as a file.</summary>
    /// <param name="path">The file, which stays mapped until the model is disposed of.</param>
    /// <param name="place">What to call it in messages.</param>
    /// <param name="hash">The hash it must have; empty: any.</param>
    /// <param name="shape">Sizes from the plan.</param>
    /// <param name="options">Threads, kernels, limits.</param>
    /// <param name="owned">What else goes with the model, in the end.</param>
    /// <exception cref="ModelPackException">MP50xx, MP5101, MP5102.</exception>
    public static LoadedModel OpenFile(string path, string place, string hash, ModelShape shape, ModelOptions options, IDisposable? owned = null)
    {
        var started = Stopwatch.GetTimestamp();
        var file = FileMapping.Open(path, owned);
        try
        {
            return Open(file.Data, file.Length, place, hash, shape, options, file, started);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A sequence of its own. With the first one the pool's workers begin to decode ahead.</summary>
    public DecoderSession CreateSession(ForwardPass forward)
    {
        CheckMemory(ResidentBytes, "the weights");
        DecodeAhead();
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

    /// <summary>Small, and needed before the first weight is, while workers decode ahead: so by one thread.</summary>
    private Tokenizer OpenTokenizer()
    {
        var start = Stopwatch.GetTimestamp();
        var segment = Pack.Find(SegmentKind.Tokenizer) ?? throw new ModelPackException(
            MpCodes.PackMalformed, "the pack has no tokenizer, so it cannot be used with text. Rebuild the application.");
        _loader.Enter();
        try
        {
            var stored = segment.Codec == SegmentCodec.Stored;
            _tables = stored ? null : new(segment.RawBytes);
            var raw = stored ? Pack.Data + segment.Offset : _tables!.Pointer;
            using var decoder = new ChunkDecoder(Pack, new(Pack.Data, Pack.Length, _file), Kernels);
            for (var chunk = 0; chunk < segment.Chunks.Length; chunk++)
            {
                decoder.Decode(segment, chunk, raw);
            }

            return Tokenizer.Open(raw, segment.RawBytes);
        }
        finally
        {
            _loader.Exit();
            _tokenizerSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>Where to read compressed segments from; not looked for where there is none.</summary>
    private static FileRange? FileOf(Pack pack, IDisposable? mapping) =>
        mapping is FileMapping file ? file.Range
        : pack.Segments.Any(s => s.Codec != SegmentCodec.Stored) ? PageAdvice.FileBehind(pack.Data, pack.Length)
        : null;

    private void Preload()
    {
        try
        {
            DecodeAhead();
            foreach (var weight in _weights)
            {
                weight.Require();
            }

            if (Pack.Find(SegmentKind.Tokenizer) is not null)
            {
                _ = Tokenizer;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void DecodeAhead()
    {
        if (Interlocked.Exchange(ref _decodesAhead, 1) == 0)
        {
            _pool.Offer(_loader);
        }
    }

    /// <summary>Frees everything; weights and sessions of the model must not be used after it, and get an <see cref="ObjectDisposedException"/> if they are.</summary>
    public void Dispose()
    {
        _pool.Dispose();
        _loader.Dispose();
        _tables?.Dispose();
        _mapping?.Dispose();
    }
}
