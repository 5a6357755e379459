using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary>A model file compiled in memory and run through the interpreter: what <c>run</c>, <c>tokenize</c> and <c>measure</c> work on.</summary>
internal sealed unsafe class InterpretedModel : IDisposable
{
    private InterpretedModel(PackResult packed, LoadedModel model)
    {
        Plan = packed.Plan;
        BitsResident = packed.ResidentBitsPerWeight;
        Model = model;
    }

    public ModelPlan Plan { get; }

    /// <summary>Bits per weight of the matrices in memory.</summary>
    public double BitsResident { get; }

    public LoadedModel Model { get; }

    /// <param name="path">A model file.</param>
    /// <param name="options">Threads, kernels, activations.</param>
    /// <param name="contextLength">Positions; null: the model's own.</param>
    /// <param name="cancellation">Ends compiling.</param>
    public static InterpretedModel Open(string path, ModelOptions options, int? contextLength, CancellationToken cancellation)
    {
        using var source = ModelSource.Open(path);
        using var stream = new MemoryStream();
        var result = ModelCompiler.Pack(source, new("Model", "", contextLength), stream, options.EffectiveThreads, _ => { }, cancellation);
        var pack = new NativeBuffer(stream.Length);
        stream.GetBuffer().AsSpan(0, (int)stream.Length).CopyTo(new(pack.Pointer, (int)stream.Length));
        return new(result, LoadedModel.Open(pack.Pointer, stream.Length, path, result.Plan.PackHash, ShapeOf(result.Plan.Shape.Sizes), options, pack));
    }

    public DecoderSession CreateSession() => Model.CreateSession(new PlanInterpreter(Plan, Model.Weights));

    public static ModelShape ShapeOf(PlanSizes s) =>
        new(s.VocabularySize, s.ContextLength, s.ArenaFloats, s.MaxWidth, s.CacheLayers, s.KvHeads, s.KeyLength, s.ValueLength);

    public void Dispose() => Model.Dispose();
}
