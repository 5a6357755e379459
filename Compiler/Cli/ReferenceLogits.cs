using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;
using ModelPack.Execution;

namespace ModelPack.Compiler.Cli;

/// <summary>What a reference says at the measured positions of a window.</summary>
internal interface IReferenceLogits : IDisposable
{
    /// <summary>[measured positions, vocabulary]; valid until the next call.</summary>
    ReadOnlySpan<float> Logits(int window);
}

/// <summary>A model file: states from the engine or its cache.</summary>
internal sealed class StateLogits(ModelSource source, ReferenceStates states) : IReferenceLogits
{
    public ReadOnlySpan<float> Logits(int window) => states.Logits(window, 0, states.Positions);

    public void Dispose()
    {
        states.Dispose();
        source.Dispose();
    }
}

/// <summary>A pack, through the interpreter.</summary>
internal sealed class PackLogits(InterpretedModel model, WindowSet windows, int firstMeasured) : IReferenceLogits
{
    private readonly DecoderSession _session = model.CreateSession();
    private float[] _logits = [];

    public ReadOnlySpan<float> Logits(int window)
    {
        var ids = windows.Ids.AsSpan(window * windows.Length, windows.Length);
        Array.Resize(ref _logits, (windows.Length - firstMeasured) * _session.VocabularySize);
        _session.Truncate(0);
        _session.Evaluate(ids[..firstMeasured]);
        _session.EvaluateAll(ids[firstMeasured..], _logits);
        return _logits;
    }

    public void Dispose()
    {
        _session.Dispose();
        model.Dispose();
    }
}
