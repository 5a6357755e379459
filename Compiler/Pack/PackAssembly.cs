using System.Text;
using ModelPack.Compiler.Entropy;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Profiles;
using ModelPack.Compiler.Quantize;
using ModelPack.Compiler.Report;
using ModelPack.Formats;
using ModelPack.Plan;

namespace ModelPack.Compiler.Packing;

/// <summary>Everything of a pack but how its matrices are quantised: writes it as often as a search wants.</summary>
internal sealed class PackAssembly(ModelSource source, LoweredModel model, byte[] tokenizer, CompressionOptions options, int threads, CancellationToken cancellation)
{
    /// <summary>Vectors that a pack has; those that were folded into others are not among them.</summary>
    public IReadOnlySet<string> Vectors { get; } = model.Weights.Where(w => w.IsVector).Select(w => w.Name).ToHashSet();

    /// <summary>Writes the pack with the file's own vectors.</summary>
    public PackResult Write(Stream pack, Func<WeightRef, TiledMatrix?> quantize, string how, Action<double> progress) =>
        Write(pack, quantize, new Dictionary<string, float[]>(), how, progress);

    /// <summary>Writes the pack.</summary>
    /// <param name="pack">Its bytes so far are dropped.</param>
    /// <param name="quantize">The quantised form of a matrix; null: kept as the file has it.</param>
    /// <param name="vectors">Values of vectors that are not the file's, by name.</param>
    /// <param name="how">The result in words.</param>
    /// <param name="progress">Told the part done.</param>
    public PackResult Write(Stream pack, Func<WeightRef, TiledMatrix?> quantize, IReadOnlyDictionary<string, float[]> vectors, string how, Action<double> progress)
    {
        pack.SetLength(0);
        pack.Position = 0;
        var writer = new PackWriter(pack, threads, cancellation, worthCoding: options.KeepsSource && options.Optimize == Optimize.Speed ? 0 : PackWriter.WorthCoding);
        var tables = Tables(quantize);
        var total = model.Weights.Sum(w => w.Source?.ByteLength ?? 0);
        var formats = new List<string>();
        var tensors = new List<ReportTensor>();
        var work = DecodeWork.Of(model);
        long done = 0, weights = 0, matrices = 0, resident = 0, rest = 0, expanded = 0;
        foreach (var (index, weight) in model.Weights.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            done += weight.Source?.ByteLength ?? 0;
            var before = writer.Position;
            var (format, bytes) = Add(writer, weight, quantize, vectors, tables, matrix => work.Add(index, matrix));
            formats.Add(format.ToString());
            resident += bytes;
            expanded += format.States > 1 ? TiledLayout.MostExpandedBytes(weight.Rows, weight.Columns, bytes) : bytes;
            if (format.Family != WeightFamily.Tiled)
            {
                work.Add(index, format, (long)weight.Rows * weight.Columns);
            }

            var stored = writer.Position - Math.Max(before, PackFormat.HeaderBytes);
            tensors.Add(Describe(weight, stored, bytes));
            if (!weight.IsVector)
            {
                weights += (long)weight.Rows * weight.Columns;
                matrices += bytes;
                rest += stored;
            }

            progress((double)done / total);
        }

        writer.AddTokenizer(tokenizer);
        if (source.Metadata.TryString("tokenizer.chat_template") is { Length: > 0 } template)
        {
            writer.AddSegment(SegmentKind.ChatTemplate, Encoding.UTF8.GetBytes(template));
        }

        var hash = writer.Finish();
        var plan = new ModelPlan(model.Shape, ModelCompiler.Version, hash, writer.Position, new(formats), model.Buffers, model.Templates, model.Steps)
        {
            // The application keeps to it, too, where it may choose how weights lie in memory.
            MemoryBudget = options.MemoryBudget ?? 0,
            CompactFor = new(Profiles().Where(p => p.PrefersCompact(work)).Select(p => p.Kernels.ToString()).Distinct()),
        };
        if (PlanCheck.Problems(plan) is [var problem, ..])
        {
            throw new GraphException($"The plan makes no sense: {problem}.");
        }

        return new(plan, source.FileBytes, writer.Position, 8.0 * rest / weights, 8.0 * matrices / weights, resident, how, 0)
        {
            Tensors = tensors,
            Work = work,
            DecodeSpeed = options.Profile is { } profile ? 1 / profile.Seconds(work, expanded <= (options.MemoryBudget ?? long.MaxValue) && !profile.PrefersCompact(work)) : null,
        };
    }

    /// <summary>What is known of rungs: the options' profile says it of its own.</summary>
    private IEnumerable<DecodeProfile> Profiles() => options.Profile is { } own ? ProfileTable.All.Where(p => p.Kernels != own.Kernels).Append(own) : ProfileTable.All;

    private static ReportTensor Describe(WeightRef weight, long stored, long resident)
    {
        var weights = (double)weight.Rows * weight.Columns;
        return new(
            weight.Name,
            weight.Layer,
            weight.Path,
            weight.Rows,
            weight.Columns,
            weight.Source?.Encoding.Name ?? "computed",
            weight.Source is { } source ? 8 * source.ByteLength / weights : 0,
            8 * stored / weights,
            8 * resident / weights,
            Sensitivity: 0,
            Escapes: 0);
    }

    /// <summary>All matrices share the tables of their codes: one set for each number of trellis states. So everything is counted before anything is written.</summary>
    private Dictionary<int, TiledTableSet> Tables(Func<WeightRef, TiledMatrix?> quantize)
    {
        var tables = new Dictionary<int, TiledTableSet>();
        foreach (var weight in model.Weights.Where(IsMatrix))
        {
            cancellation.ThrowIfCancellationRequested();
            if (quantize(weight) is { } matrix)
            {
                if (!tables.TryGetValue(matrix.States, out var set))
                {
                    tables[matrix.States] = set = new(matrix.States);
                }

                set.Count(matrix, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation });
            }
        }

        return tables;
    }

    private static bool IsMatrix(WeightRef weight) => !weight.IsVector && weight.Source is not null;

    /// <summary>Adds a weight; returns its resident form and the bytes of that.</summary>
    private (WeightFormat Format, long Bytes) Add(
        PackWriter writer, WeightRef weight, Func<WeightRef, TiledMatrix?> quantize, IReadOnlyDictionary<string, float[]> vectors, Dictionary<int, TiledTableSet> tables,
        Action<TiledMatrix> quantized)
    {
        if (IsMatrix(weight) && quantize(weight) is { } matrix)
        {
            quantized(matrix);
            return (TiledEncoder.Format(matrix), writer.AddTiled(weight.Name, matrix, tables[matrix.States]));
        }

        var bytes = IsMatrix(weight)
            ? ResidentEncoder.Encode(weight.Source!, weight.Rows, weight.Columns, threads)
            : ResidentEncoder.EncodeFloats(vectors.GetValueOrDefault(weight.Name) ?? weight.ReadFloats());
        writer.AddTensor(weight.Name, weight.SourceFormat, weight.Rows, weight.Columns, bytes);
        return (weight.SourceFormat, bytes.LongLength);
    }
}
