using System.Diagnostics;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Execution;
using ModelPack.Formats;

namespace ModelPack.Compiler.Profiles;

/// <summary>A whole model that was decoded, beside what the profile made of it says.</summary>
/// <param name="Name">Its codes.</param>
/// <param name="Measured">Seconds a token.</param>
/// <param name="Expected">By the profile.</param>
internal sealed record ProfilePoint(string Name, double Measured, double Expected);

/// <summary>
/// Makes the <see cref="DecodeProfile"/> of the processor that runs it: every kind of weight multiplied from memory, then a model decoded whole in several widths, to which stretch and call are fitted.
/// </summary>
internal sealed class ProfileMeasurement : IDisposable
{
    /// <summary>Tokens of a decode, from an empty context, those before that warm up, and decodes, of which the second fastest counts, as with the rates.</summary>
    private const int Tokens = 128, WarmTokens = 8, Decodes = 9;

    /// <summary>Every rate is the second best of so many: on a shared machine neither slow phases count nor one lucky moment.</summary>
    public const int DefaultRounds = 6;

    /// <summary>Models with plain codes: about so many bits in memory, and their λ beside <see cref="FlatLambda"/>.</summary>
    private static readonly (int Bits, double Factor)[] s_prices = [(4, 1), (5, 1 / 4.0), (6, 1 / 16.0)];

    private const double RateSeconds = 0.05;

    /// <summary>Length of the rows that are multiplied; parts of W that are timed one by one.</summary>
    private const int Columns = 1536, Slices = 16;

    /// <summary>Codes beyond a tile in the weights that tell what one costs: .05% of 4,096.</summary>
    private const double EscapesInTile = 2.0 / (TiledMatrix.TileRows * TiledMatrix.TileColumns);

    /// <summary>With moments of about one and rows weighted by 1/σ², a weight of σ gets steps of σ/2, about 4 bits in memory: λ = 2 ln 2 · (1/2)² / 24.</summary>
    private const double FlatLambda = 0.0144;

    private readonly KernelSet _set;
    private readonly int _threads;
    private readonly NativeBuffer _memory;
    private readonly long _bytes;
    private readonly Action<string> _progress;
    private readonly CancellationToken _cancellation;

    /// <param name="set">The rung.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    public ProfileMeasurement(KernelSet set, int threads, Action<string> progress, CancellationToken cancellation)
    {
        (_set, _threads, _progress, _cancellation) = (KernelSets.Resolve(set), threads, progress, cancellation);
        _bytes = LastCache.BeyondBytes;
        // One piece for all: the system takes longer to hand out a gigabyte than a kernel to read it.
        _memory = new(ResidentWeight.Room(_bytes));
    }

    /// <summary>Rounds over all kinds of weight.</summary>
    public int Rounds { get; init; } = DefaultRounds;

    /// <summary>Measures.</summary>
    /// <param name="source">A model that is decoded whole.</param>
    /// <param name="name">Of the profile.</param>
    public (DecodeProfile Profile, IReadOnlyList<ProfilePoint> Points) Run(ModelSource source, string name)
    {
        var (rates, escape) = Rates();
        var profile = new DecodeProfile(name, ProcessorName.Text, _set, _threads, 1, 0, escape, rates);
        var models = Models(source);
        var (stretch, call) = Fit([.. models.Select(m => (profile.MatrixSeconds(m.Model.Work, m.Model.Expanded), m.Model.Work.Calls, m.Seconds))]);
        profile = profile with { Stretch = stretch, CallSeconds = call };
        return (profile, [.. models.Select(m => new ProfilePoint(m.Model.Name, m.Seconds, profile.Seconds(m.Model.Work, m.Model.Expanded)))]);
    }

    /// <summary>
    /// The line t = stretch · matrices + call · calls with the least sum of squared relative errors; a call takes no less than nothing, and a model no less than its matrices alone, unless it lies in a cache.
    /// </summary>
    /// <param name="points">Seconds of the matrices alone, calls, seconds in all.</param>
    internal static (double Stretch, double Call) Fit(IReadOnlyList<(double Matrices, int Calls, double Seconds)> points)
    {
        double xx = 0, xn = 0, nn = 0, x1 = 0, n1 = 0;
        foreach (var (matrices, calls, seconds) in points)
        {
            double x = matrices / seconds, n = calls / seconds;
            (xx, xn, nn, x1, n1) = (xx + (x * x), xn + (x * n), nn + (n * n), x1 + x, n1 + n);
        }

        var determinant = (xx * nn) - (xn * xn);
        var call = determinant > 1e-9 * xx * nn ? ((xx * n1) - (xn * x1)) / determinant : 0;
        var stretch = (x1 - (call * xn)) / xx;
        return call < 0 ? (x1 / xx, 0)
            : stretch >= 1 ? (stretch, call)
            : n1 > xn ? (1, (n1 - xn) / nn)
            : (x1 / xx, 0); // From a cache.
    }

    public void Dispose() => _memory.Dispose();

    private (Dictionary<string, double> Rates, double EscapeSeconds) Rates()
    {
        SyntheticWeight[] all = [.. SyntheticWeight.All()];
        var seen = Array.ConvertAll(all, _ => new List<double>());
        // Rounds over everything: what disturbs a shared machine for a while does not meet one kind alone.
        for (var round = 1; round <= Rounds; round++)
        {
            _progress($"round {round} of {Rounds} over {all.Length} kinds of weight");
            for (var i = 0; i < all.Length; i++)
            {
                _cancellation.ThrowIfCancellationRequested();
                seen[i].Add(Rate(all[i]));
            }
        }

        var second = Array.ConvertAll(seen, s => s.Order().ElementAt(Math.Max(0, s.Count - 2)));
        bool HasEscapes(int i) => all[i] is TiledWeight { EscapesPerTile: > 0 };
        int[] indices = [.. Enumerable.Range(0, all.Length)];
        var rates = indices.Where(i => !HasEscapes(i)).ToDictionary(i => all[i].Kind.ToString(), i => second[i]);
        return (rates, indices.Where(HasEscapes).Average(EscapeSeconds));

        // A small difference: of what was fastest.
        double EscapeSeconds(int i) => Math.Max(0, (1 / seen[i].Max()) - (1 / seen[Array.FindIndex(all, w => w.Kind == all[i].Kind)].Max())) / EscapesInTile;
    }

    private double Rate(SyntheticWeight weight)
    {
        using var resident = new ResidentWeight(weight, _bytes, Columns, Slices, _memory);
        // A pool that waited for a thread without a core works alone for a while; a new one tries again.
        using var pool = new WorkerPool(_threads);
        using var work = new MatrixCase(resident, _set, pool, tokens: 1, Slices, own: false);
        return work.Products / Stopwatches.Measure(work.Run, RateSeconds).Best;
    }

    /// <summary>The model with plain codes of several widths, and with a trellis, in both forms: decoded in turns, one in memory at a time.</summary>
    private List<(MeasuredModel Model, double Seconds)> Models(ModelSource source)
    {
        var assembly = ModelCompiler.Assembly(source, new("Model", "", null), Environment.ProcessorCount, _cancellation);
        var packs = new List<FileStream>();
        var models = new List<MeasuredModel>();
        try
        {
            var inputs = Inputs(source);
            foreach (var (bits, factor) in s_prices)
            {
                _progress($"a model of about {bits} bits");
                var (pack, result) = Pack(assembly, Quantized(inputs, factor, states: 1), packs);
                models.Add(new($"about {bits} bits", pack, result, ResidentForm.Compact));
            }

            _progress("a model with trellis codes");
            var (trellis, how) = Pack(assembly, Quantized(inputs, 1, states: 8), packs);
            models.Add(new("trellis, compact", trellis, how, ResidentForm.Compact));
            models.Add(new("trellis, expanded", trellis, how, ResidentForm.Expanded));
            var seconds = models.ConvertAll(_ => new List<double>());
            for (var round = 1; round <= Decodes; round++)
            {
                _progress($"decoding, round {round} of {Decodes}");
                for (var i = 0; i < models.Count; i++)
                {
                    seconds[i].Add(Decode(models[i]));
                }
            }

            return [.. models.Select((m, i) => (m, seconds[i].Order().ElementAt(1)))];
        }
        finally
        {
            packs.ForEach(p => p.Dispose());
        }
    }

    private static (FileStream Pack, PackResult Result) Pack(PackAssembly assembly, Dictionary<string, TiledMatrix> matrices, List<FileStream> packs)
    {
        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        packs.Add(file);
        return (file, assembly.Write(file, w => matrices[w.Name], "", _ => { }));
    }

    private Dictionary<string, TiledMatrix> Quantized(MatrixInput[] inputs, double factor, int states) =>
        ModelQuantizer.Run(inputs, new(FlatLambda * factor, states), _ => { }, _cancellation).Matrices.ToDictionary(m => m.Input.Name, m => m.Matrix);

    /// <summary>All matrices, with made-up statistics: columns and rows of different weight, so that tiles have different widths as those of calibrated models do, and some codes lie beyond them.</summary>
    private static MatrixInput[] Inputs(ModelSource source)
    {
        var moments = new Dictionary<int, InputMoments>();
        return [.. Architectures.ArchitectureTable.Build(source).Graph.Weights.Where(w => !w.IsVector && w.Source is not null).Select(Input)];

        MatrixInput Input(WeightRef weight)
        {
            if (!moments.TryGetValue(weight.Columns, out var diagonal))
            {
                var values = new float[weight.Columns * weight.Columns];
                for (var i = 0; i < weight.Columns; i++)
                {
                    values[(i * weight.Columns) + i] = Spread(i, 37);
                }

                moments.Add(weight.Columns, diagonal = new(weight.Columns, values));
            }

            var variance = weight.ReadFloats().Average(v => (double)v * v);
            return new(weight.Name, weight.ReadFloats, new(diagonal, [.. Enumerable.Range(0, weight.Rows).Select(i => Spread(i, 29) / (float)Math.Max(variance, 1e-12))]), MatrixKind.Linear);
        }

        static float Spread(int i, int stride) => (1 << (int)((long)i * stride % 7)) / 8f;
    }

    /// <summary>Seconds a token, from an empty context.</summary>
    private double Decode(MeasuredModel model)
    {
        using var running = new PackInMemory(model.Pack, model.Result.Plan, new() { Threads = _threads, Kernels = _set, ResidentForm = model.Form, Preload = true });
        var tokens = Math.Min(Tokens, running.Session.ContextLength - 1);
        // Once through the weights before: they were just written.
        Run(Math.Min(WarmTokens, tokens));
        var start = Stopwatch.GetTimestamp();
        Run(tokens);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / tokens;

        void Run(int count)
        {
            running.Session.Truncate(0);
            var id = new int[1];
            for (var t = 0; t < count; t++)
            {
                _cancellation.ThrowIfCancellationRequested();
                id[0] = ArgMax.Of(running.Session.Evaluate(id));
            }
        }
    }

    /// <summary>A model that is decoded.</summary>
    private sealed record MeasuredModel(string Name, Stream Pack, PackResult Result, ResidentForm Form)
    {
        public DecodeWork Work => Result.Work!;

        public bool Expanded => Form == ResidentForm.Expanded;
    }
}
