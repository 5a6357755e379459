using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Passes;
using ModelPack.Compiler.Quantize;
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
    /// <param name="progress">Called with the part done, 0 to 1.</param>
    /// <param name="cancellation">Ends the work; what was written is incomplete then.</param>
    public static PackResult Pack(ModelSource source, CompileOptions options, Stream pack, int threads, Action<double> progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var width = RoundToNearest.Width(options.Compression);
        if (width == 0 && !options.Compression.KeepsSource)
        {
            throw new ModelPackException(CompilerCodes.NotYet, "qualities other than Source need the quantiser, which this version does not have yet.");
        }

        var model = Lower(source, options, headersOnly: false);
        // A text model without its tokenizer is of no use: say so before the long work.
        var tokenizer = GgufTokenizer.Read(source.Metadata);
        var writer = new PackWriter(pack, threads, cancellation);
        var total = model.Weights.Sum(w => w.Source?.ByteLength ?? 0);
        var formats = new List<string>();
        long done = 0, weights = 0, resident = 0, rest = 0;
        foreach (var weight in model.Weights)
        {
            cancellation.ThrowIfCancellationRequested();
            if (weight.Source is { } tensor)
            {
                FiniteCheck.Tensor(source, tensor);
                done += tensor.ByteLength;
            }

            var before = writer.Position;
            var (format, bytes) = Encode(weight, width, threads);
            formats.Add(format.ToString());
            writer.AddTensor(weight.Name, format, weight.Rows, weight.Columns, bytes);
            if (!weight.IsVector)
            {
                weights += (long)weight.Rows * weight.Columns;
                resident += bytes.LongLength;
                rest += writer.Position - Math.Max(before, PackFormat.HeaderBytes);
            }

            progress((double)done / total);
        }

        writer.AddSegment(SegmentKind.Tokenizer, TokenizerTableBuilder.Build(tokenizer));
        if (source.Metadata.TryString("tokenizer.chat_template") is { Length: > 0 } template)
        {
            writer.AddSegment(SegmentKind.ChatTemplate, Encoding.UTF8.GetBytes(template));
        }

        var hash = writer.Finish();
        var plan = new ModelPlan(
            model.Shape, Version, hash, writer.Position, new(formats), model.Buffers, model.Templates, model.Steps);
        if (PlanCheck.Problems(plan) is [var problem, ..])
        {
            throw new GraphException($"The plan makes no sense: {problem}.");
        }

        return new(plan, source.FileBytes, writer.Position, 8.0 * rest / weights, 8.0 * resident / weights, clock.Elapsed.TotalSeconds);
    }

    /// <param name="weight">A weight of the graph.</param>
    /// <param name="width">Bits of a code; 0: as the source has them.</param>
    /// <param name="threads">Threads; the result does not depend on it.</param>
    private static (WeightFormat Format, byte[] Bytes) Encode(WeightRef weight, int width, int threads)
    {
        if (weight.IsVector || weight.Source is null)
        {
            return (weight.SourceFormat, ResidentEncoder.EncodeFloats(weight.ReadFloats()));
        }

        if (width == 0)
        {
            return (weight.SourceFormat, ResidentEncoder.Encode(weight.Source, weight.Rows, weight.Columns, threads));
        }

        var matrix = RoundToNearest.Quantize(weight.Source, weight.Rows, weight.Columns, width, threads);
        return (TiledEncoder.Format(matrix), TiledEncoder.Encode(matrix));
    }

    private static LoweredModel Lower(ModelSource source, CompileOptions options, bool headersOnly)
    {
        var model = ArchitectureTable.Build(source);
        Pipeline.Run(model.Graph, headersOnly, [.. options.ExceptPasses]);
        return PlanLowering.Run(model, options.Name, options.Namespace, Context(options, model), Facts(source, model.Graph, options));
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
        yield return new("quality", "Source");
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
/// <param name="Seconds">Time taken.</param>
internal sealed record PackResult(ModelPlan Plan, long BytesIn, long BytesOut, double BitsRest, double BitsResident, double Seconds);
