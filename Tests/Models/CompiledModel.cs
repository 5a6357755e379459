using ModelPack.Compiler;
using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Tests.Models;

/// <summary>A model file compiled once, in memory, to be loaded with one set of options after the other.</summary>
internal sealed unsafe class CompiledModel : IDisposable
{
    private readonly NativeBuffer _pack;
    private readonly string _path;

    public CompiledModel(string path)
    {
        _path = path;
        using var source = ModelSource.Open(path);
        using var stream = new MemoryStream();
        Plan = ModelCompiler.Pack(source, new("Model", "", null), stream, 2, Compiler.Stages.StageClock.Silent, TestContext.Current.CancellationToken).Plan;
        _pack = new(stream.Length);
        stream.GetBuffer().AsSpan(0, (int)stream.Length).CopyTo(new(_pack.Pointer, (int)stream.Length));
    }

    public ModelPlan Plan { get; }

    public ModelShape Shape => InterpretedModel.ShapeOf(Plan);

    /// <summary>The pack opened; skips the calling test where this processor lacks the kernels that the options ask for.</summary>
    public LoadedModel Load(ModelOptions options)
    {
        Assert.SkipUnless(KernelSets.IsSupported(options.Kernels), $"this processor has no {options.Kernels}");
        return LoadedModel.Open(_pack.Pointer, _pack.Bytes, _path, Plan.PackHash, Shape, options, null);
    }

    /// <summary>A sequence on <paramref name="model"/> that goes through the interpreter of the plan.</summary>
    public DecoderSession CreateSession(LoadedModel model) => model.CreateSession(new PlanInterpreter(Plan, model.Weights));

    public void Dispose() => _pack.Dispose();

    /// <summary>Every rung there is, on 1 and 2 threads.</summary>
    public static TheoryData<KernelSet, int> RungsAndThreads() =>
        [.. Enum.GetValues<KernelSet>().Where(k => k != KernelSet.Auto).SelectMany(k => new[] { (k, 1), (k, 2) })];
}
