using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Chat;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Passes;
using ModelPack.Compiler.Profiles;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;
using ModelPack.Compiler.Tokenizers;
using ModelPack.Formats;
using ModelPack.Plan;

namespace ModelPack.Compiler;

/// <summary>From a model file to shape, plan and pack: the pipeline on one screen.</summary>
internal static class ModelCompiler
{
    /// <summary>Version of the compiler, in plans and messages.</summary>
    public static string Version { get; } =
        typeof(ModelCompiler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Headers only: what the public types depend on.</summary>
    public static LoweredModel Inspect(ModelSource source, CompileOptions options) => Lower(source, options, headersOnly: true);

    /// <summary>Compiles a model and writes its pack.</summary>
    /// <param name="source">Open model file.</param>
    /// <param name="options">Names and limits.</param>
    /// <param name="pack">Where the pack goes; readable and seekable.</param>
    /// <param name="threads">Threads for encoding; the result does not depend on it.</param>
    /// <param name="clock">Told what is being done; times it.</param>
    /// <param name="cancellation">Ends the work; what was written is incomplete then.</param>
    public static PackResult Pack(ModelSource source, CompileOptions options, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        var all = Stopwatch.StartNew();
        clock.Begin(Stage.Reading);
        var write = Assembly(source, options, threads, cancellation);
        var result = Compress(source, options.Compression, write, pack, threads, clock, cancellation);
        clock.End();
        return result with { Stages = clock.Spent, Seconds = all.Elapsed.TotalSeconds };
    }

    /// <summary>A model that was read and found good, ready to be packed in any form.</summary>
    public static PackAssembly Assembly(ModelSource source, CompileOptions options, int threads, CancellationToken cancellation)
    {
        var model = Lower(source, options, headersOnly: false);
        // A text model without its tokenizer is of no use: say so before the long work.
        var tokenizer = TokenizerTableBuilder.Build(GgufTokenizer.Read(source.Metadata));
        foreach (var tensor in model.Weights.Select(w => w.Source).OfType<SourceTensor>())
        {
            cancellation.ThrowIfCancellationRequested();
            FiniteCheck.Tensor(source, tensor);
        }

        return new(source, model, tokenizer, options.Compression, threads, cancellation);
    }

    private static PackResult Compress(
        ModelSource source, CompressionOptions options, PackAssembly assembly, Stream pack, int threads, StageClock clock, CancellationToken cancellation)
    {
        if (options.KeepsSource)
        {
            clock.Begin(Stage.Packing);
            return assembly.Write(pack, _ => null, "Source", clock.Report);
        }

        if (options.Effort == Effort.Fast)
        {
            return FixedWidths.Run(options, assembly, pack, threads, clock);
        }

        switch (options.Recipe)
        {
            case Recipe.DoubleCompression:
                return DoubleCompressionRecipe.Run(source, options, assembly, pack, threads, clock, cancellation);
            case Recipe.RoundToNearest:
                return RoundToNearestRecipe.Run(source, options, assembly, pack, threads, clock, cancellation);
            default:
                using (var calibrated = new CalibratedCompression(source, options, assembly, pack, threads, clock, cancellation))
                {
                    return calibrated.Run();
                }
        }
    }

    private static LoweredModel Lower(ModelSource source, CompileOptions options, bool headersOnly)
    {
        var model = ArchitectureTable.Build(source);
        Pipeline.Run(model.Graph, headersOnly, [.. options.ExceptPasses]);
        var lowered = PlanLowering.Run(model, options.Name, options.Namespace, Context(options, model), Facts(source, model.Graph, options));
        return lowered with { Shape = lowered.Shape with { ChatTemplate = ChatTemplateSource.Of(source.Metadata) } };
    }

    private static int Context(CompileOptions options, ModelGraph model) => options.ContextLength switch
    {
        null => model.ContextLength,
        var length when length >= 1 && length <= model.ContextLength => length.Value,
        var length => throw new ModelPackException(CompilerCodes.ContextLength, $"ContextLength is {length}; this model was made for up to {model.ContextLength} positions. Expected 1 to {model.ContextLength}."),
    };

    private static IEnumerable<KeyValuePair<string, string>> Facts(ModelSource source, Graph graph, CompileOptions options)
    {
        yield return new("source", Path.GetFileName(source.Path));
        yield return new("container", source.Container);
        if (source.Metadata.TryString("general.name") is { Length: > 0 } name)
        {
            yield return new("name", Line(name));
        }

        if (source.Metadata.TryString("general.license") is { Length: > 0 } license)
        {
            yield return new("license", Line(license));
        }

        var tensors = graph.Weights.Where(w => w.Source is not null).ToList();
        yield return new("parameters", tensors.Sum(w => (long)w.Rows * w.Columns).ToString(CultureInfo.InvariantCulture));
        yield return new("tensors", string.Join(", ", tensors.GroupBy(w => w.Source!.Encoding.Name).Select(g => $"{g.Count()} {g.Key}")));
        yield return new("quality", options.Compression.KeepsSource ? "Source" : options.Compression.Quality.IsSource ? "by budget" : options.Compression.Quality.Name);
        if (options.ContextLength is { } context)
        {
            yield return new("context length", context.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Line(string text) => new([.. text.Take(200).Select(c => char.IsControl(c) ? ' ' : c)]);
}

/// <param name="Plan">The finished plan.</param>
/// <param name="BytesIn">Bytes of the model file.</param>
/// <param name="BytesOut">Bytes of the pack.</param>
/// <param name="BitsRest">Bits in the pack per weight, over all matrices, scales included.</param>
/// <param name="BitsResident">Bits in memory per weight, over all matrices, scales and padding included.</param>
/// <param name="ResidentBytes">Bytes of the weights in memory.</param>
/// <param name="How">How the weights are stored, in words.</param>
/// <param name="Seconds">Time taken.</param>
internal sealed record PackResult(ModelPlan Plan, long BytesIn, long BytesOut, double BitsRest, double BitsResident, long ResidentBytes, string How, double Seconds)
{
    /// <summary>Mean KL divergence on held-out text, nats per token; null where nothing was measured.</summary>
    public double? Divergence { get; init; }

    /// <summary>Tokens a second that the options' profile of a processor expects, in the form that an application chooses; null without a profile.</summary>
    public double? DecodeSpeed { get; init; }

    /// <summary>What a token computes.</summary>
    public DecodeWork? Work { get; init; }

    /// <summary>What each tensor weighs, for the report.</summary>
    public IReadOnlyList<ReportTensor> Tensors { get; init; } = [];

    /// <summary>Divergence and agreement in full, where they were measured.</summary>
    public MeasuredQuality? Quality { get; init; }

    /// <summary>Every point that was evaluated.</summary>
    public IReadOnlyList<ReportPoint> Front { get; init; } = [];

    /// <summary>What dividing bits and tuning did, in words; null where neither was done.</summary>
    public string? Refinement { get; init; }

    /// <summary>Seconds by stage.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Stages { get; init; } = [];
}
