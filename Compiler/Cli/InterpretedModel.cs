using System.Text;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Stages;
using ModelPack.Execution;
using ModelPack.Formats;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary>A pack, or a model file that is packed on the spot, run through the interpreter: what <c>run</c> and <c>measure</c> work on.</summary>
internal sealed class InterpretedModel : IDisposable
{
    private InterpretedModel(ModelPlan plan, LoadedModel model)
    {
        Plan = plan;
        Model = model;
    }

    public ModelPlan Plan { get; }

    public LoadedModel Model { get; }

    /// <summary>Bits in the pack per weight, over all matrices, scales included.</summary>
    public double BitsRest => BitsOf(segment => segment.StoredBytes);

    /// <summary>The same in memory, in the compact form (<see cref="ResidentForm"/>), whichever was chosen here.</summary>
    public double BitsResident => BitsOf(segment => segment.RawBytes);

    /// <param name="path">A model file; or a pack, whose plan lies beside it under the same name with the extension <c>.plan</c>.</param>
    /// <param name="options">Threads, kernels, activations.</param>
    /// <param name="contextLength">Positions; null: the model's own.</param>
    /// <param name="cancellation">Ends compiling.</param>
    /// <param name="compression">How a model file is packed; null: <c>Source</c>.</param>
    public static InterpretedModel Open(string path, ModelOptions options, int? contextLength, CancellationToken cancellation, CompressionOptions? compression = null)
    {
        if (IsPack(path))
        {
            return OpenPack(path, path, ReadPlan(PlanBeside(path)), options with { ContextLength = contextLength });
        }

        using var source = ModelSource.Open(path);
        var folder = Directory.CreateTempSubdirectory("modelpack-");
        try
        {
            var packPath = Path.Combine(folder.FullName, "model.mpk");
            ModelPlan plan;
            using (var stream = new FileStream(packPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                plan = ModelCompiler.Pack(source, new("Model", "", contextLength) { Compression = compression ?? CompressionOptions.Source }, stream, options.EffectiveThreads, StageClock.Silent, cancellation).Plan;
            }

            return OpenPack(packPath, path, plan, options, folder);
        }
        catch
        {
            if (Directory.Exists(folder.FullName))
            {
                folder.Delete(recursive: true);
            }

            throw;
        }
    }

    /// <summary>Whether a file is a pack, by its first bytes.</summary>
    public static bool IsPack(string path)
    {
        using var file = MappedFile.Open(path);
        return file.Length >= 4 && BitConverter.ToUInt32(file.Span(0, 4)) == PackFormat.Magic;
    }

    /// <summary>Where the plan of a pack is unless somebody says otherwise.</summary>
    public static string PlanBeside(string packPath) => Path.ChangeExtension(packPath, ".plan");

    public DecoderSession CreateSession() => Model.CreateSession(new PlanInterpreter(Plan, Model.Weights));

    /// <summary>What the runtime is told of a plan.</summary>
    public static ModelShape ShapeOf(ModelPlan plan)
    {
        var s = plan.Shape.Sizes;
        return new(
            s.VocabularySize, s.ContextLength, s.ArenaFloats, s.MaxWidth, s.CacheLayers, s.KvHeads, s.KeyLength, s.ValueLength,
            plan.MemoryBudget, [.. plan.CompactFor.Select(Enum.Parse<KernelSet>)]);
    }

    public void Dispose() => Model.Dispose();

    private static InterpretedModel OpenPack(string packPath, string label, ModelPlan plan, ModelOptions options, DirectoryInfo? temporary = null)
    {
        var model = LoadedModel.OpenFile(packPath, label, plan.PackHash, ShapeOf(plan), options, temporary is null ? null : new TemporaryFolder(temporary));
        return new(plan, model);
    }

    private double BitsOf(Func<PackSegment, long> bytes)
    {
        var matrices = Model.Pack.Tensors.Where(t => t.Rows > 1).ToList();
        return 8.0 * matrices.Sum(t => bytes(Model.Pack.Segments[t.Segment])) / matrices.Sum(t => (double)t.Rows * t.Columns);
    }

    private static ModelPlan ReadPlan(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad($"cannot be read: {e.Message} A pack is run with the plan that 'modelpack pack' writes beside it (--plan)");
        }

        var result = PlanText.ReadPlan(text);
        if (result.Value is not { } plan)
        {
            throw Bad($"is not one that this version reads ({result.Error})");
        }

        return ShapeCheck.Problems(plan.Shape).Concat(PlanCheck.Problems(plan)).FirstOrDefault() is { } problem ? throw Bad($"makes no sense: {problem}") : plan;

        ModelPackException Bad(string what) => new(CompilerCodes.PlanUnusable, $"plan '{path}' {what}. Pack the model again.");
    }

    private sealed class TemporaryFolder(DirectoryInfo folder) : IDisposable
    {
        public void Dispose()
        {
            if (Directory.Exists(folder.FullName))
            {
                folder.Delete(recursive: true);
            }
        }
    }
}
