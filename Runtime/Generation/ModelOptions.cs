using ModelPack.Platform;

namespace ModelPack;

/// <summary>
/// How a model is loaded: threads, kernels, memory. Immutable; every value is checked where it is set.
/// None of these changes a single bit of the output, but for <see cref="FloatActivations"/>.
/// </summary>
/// <exception cref="ModelPackException">MP5101 from any property that is set out of its range.</exception>
public sealed record ModelOptions
{
    /// <summary>Most threads that one may ask for.</summary>
    public const int MaxThreads = 256;

    internal static ModelOptions Default { get; } = new();

    /// <summary>Threads that compute, the calling one included: 1 … <see cref="MaxThreads"/>; 0 (default): as many as there are cores, 16 at most.</summary>
    public int Threads
    {
        get;
        init => field = OptionCheck.Range("ModelOptions.Threads", value, 0, MaxThreads, "0 chooses by the number of cores");
    }

    /// <summary>The rung of the instruction-set ladder; <see cref="KernelSet.Auto"/> (default): the widest there is.</summary>
    public KernelSet Kernels
    {
        get;
        init => field = OptionCheck.Defined("ModelOptions.Kernels", value);
    }

    /// <summary>
    /// Positions (tokens of prompt and continuation) that a sequence may have, to save KV-cache memory: 1 … the model's own; null (default): the model's own.
    /// </summary>
    public int? ContextLength
    {
        get;
        init => field = value is null ? null : OptionCheck.Range("ModelOptions.ContextLength", value.Value, 1, int.MaxValue, "leave it unset for the model's own");
    }

    /// <summary>
    /// Whether activations stay f32 where quantised weights are multiplied (slower, nearest to the reference); false (default): int8 there.
    /// </summary>
    public bool FloatActivations { get; init; }

    /// <summary>
    /// Most bytes of memory that weights, KV caches and buffers of this model may take together: 1 MiB or more; null (default): no limit.
    /// Loading, or creating a generator, fails where it would be exceeded.
    /// </summary>
    public long? MaxMemoryBytes
    {
        get;
        init => field = value is null ? null : OptionCheck.Range("ModelOptions.MaxMemoryBytes", value.Value, 1L << 20, long.MaxValue, "bytes; leave it unset for no limit");
    }

    /// <summary>
    /// Whether loading decodes all weights at once; false (default): each is decoded when it is first needed, while the layers before it already compute. For servers
    /// that want the time, and the error of a damaged file, at the start.
    /// </summary>
    public bool Preload { get; init; }

    /// <summary>How weights with trellis codes lie in memory: memory against speed. <see cref="ModelPack.ResidentForm.Auto"/> (default): the faster form where there is room for it.</summary>
    public ResidentForm ResidentForm
    {
        get;
        init => field = OptionCheck.Defined("ModelOptions.ResidentForm", value);
    }

    /// <summary><see cref="Threads"/>, or the number of threads that suits this machine where that is 0.</summary>
    internal int EffectiveThreads => Threads > 0 ? Threads : ProcessorTopology.DefaultThreads;
}
