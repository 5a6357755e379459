namespace ModelPack.Compiler.Import;

/// <summary>
/// What a model file may ask of the compiler, beyond being consistent with its own length. All far above any model that could be
/// embedded in an application; a file beyond them is an MP2010 instead of a build that eats the machine.
/// </summary>
internal sealed record ImportLimits
{
    public static readonly ImportLimits Default = new();

    /// <summary>Tensors in a file. The largest published models have some thousands.</summary>
    public long Tensors { get; init; } = 1 << 17;

    /// <summary>Metadata keys in a file.</summary>
    public long Keys { get; init; } = 1 << 16;

    /// <summary>Bytes of everything before the tensor data: vocabularies of 256 K tokens need about 15 MB.</summary>
    public long HeaderBytes { get; init; } = 512L << 20;

    /// <summary>Elements of all tensors together: 2^36, about 69 billion.</summary>
    public long Elements { get; init; } = 1L << 36;

    /// <summary>Encoded bytes of one row, so that a row is always one span.</summary>
    public long RowBytes { get; init; } = 1 << 30;

    /// <summary>Values of one metadata array (2^24): vocabularies have up to 2^18 tokens. Bounds what a getter allocates.</summary>
    public long ArrayElements { get; init; } = 1 << 24;

    /// <summary>Arrays in arrays.</summary>
    public int ArrayNesting { get; init; } = 4;

    /// <summary>UTF-8 bytes of a metadata key or tensor name (GGUF: keys at most 65,535, tensor names 64).</summary>
    public int NameBytes { get; init; } = 65535;
}
