using ModelPack.Execution;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>SmolLM2-135M as published (Q4_1, embedding Q8_0), compiled once at Quality Source, loaded with float and with int8 activations.</summary>
public sealed class SmolLm2Fixture : IDisposable
{
    private readonly Lazy<CompiledModel> _compiled = new(() => new(SharedData.Path("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf")));
    private readonly Lazy<SafetensorsFile> _golden = new(() => SafetensorsFile.OpenShared("golden/smollm2.safetensors"));
    private readonly Lazy<LoadedModel> _float;
    private readonly Lazy<LoadedModel> _int8;
    private readonly Lazy<WindowFigures> _figures;

    public SmolLm2Fixture()
    {
        _float = new(() => Compiled.Load(new() { Threads = 2, FloatActivations = true }));
        _int8 = new(() => Compiled.Load(new() { Threads = 2 }));
        _figures = new(() => WindowFigures.Measure(this));
    }

    // Lazily, so that a test on a plain clone is skipped, not failed, and nothing is computed that no test asks for.
    internal CompiledModel Compiled => _compiled.Value;

    internal LoadedModel Float => _float.Value;

    internal LoadedModel Int8 => _int8.Value;

    internal List<GoldenPrompt> Prompts => GoldenPrompt.Read(_golden.Value);

    internal List<GoldenWindow> Windows => GoldenWindow.Read(_golden.Value);

    /// <summary>Both models over the golden windows, computed once.</summary>
    internal WindowFigures Figures => _figures.Value;

    public void Dispose()
    {
        foreach (var model in new[] { _float, _int8 }.Where(m => m.IsValueCreated))
        {
            model.Value.Dispose();
        }

        if (_compiled.IsValueCreated)
        {
            _compiled.Value.Dispose();
        }
    }
}
