using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Compiler.Compression;

/// <summary>A pack that was just written, run as an application runs it.</summary>
internal sealed unsafe class PackInMemory : IDisposable
{
    private readonly NativeBuffer _bytes;
    private readonly LoadedModel _model;

    /// <param name="pack">The whole pack.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="options">Threads, activations.</param>
    public PackInMemory(Stream pack, ModelPlan plan, ModelOptions options)
    {
        _bytes = new(pack.Length);
        try
        {
            pack.Position = 0;
            for (long at = 0; at < pack.Length;)
            {
                var part = new Span<byte>(_bytes.Pointer + at, (int)Math.Min(1 << 24, pack.Length - at));
                pack.ReadExactly(part);
                at += part.Length;
            }

            _model = LoadedModel.Open(_bytes.Pointer, pack.Length, "pack", plan.PackHash, InterpretedModel.ShapeOf(plan), options, mapping: null);
            Session = _model.CreateSession(new PlanInterpreter(plan, _model.Weights));
        }
        catch
        {
            _model?.Dispose();
            _bytes.Dispose();
            throw;
        }
    }

    public DecoderSession Session { get; }

    public Tokenizer Tokenizer => _model.Tokenizer;

    public void Dispose()
    {
        Session.Dispose();
        _model.Dispose();
        _bytes.Dispose();
    }
}
