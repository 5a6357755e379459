namespace ModelPack;

/// <summary>How a model's loading went so far: weights are decoded when they are first needed, so the times grow until all have been. For measurements.</summary>
public sealed record LoadStatistics
{
    /// <summary>Seconds to open the pack: finding it, checking its directory, starting threads.</summary>
    public required double PackSeconds { get; init; }

    /// <summary>Seconds to decode and open the tokenizer's tables.</summary>
    public required double TokenizerSeconds { get; init; }

    /// <summary>Seconds that all threads together spent checking and decoding weights.</summary>
    public required double DecodeSeconds { get; init; }

    /// <summary>Seconds that computations waited until a weight was there, their own decoding included: the part of <see cref="DecodeSeconds"/> that could not be hidden.</summary>
    public required double DecodeWaitSeconds { get; init; }

    /// <summary>Bytes of resident form that are ready: decoded, or checked where they are used in place.</summary>
    public required long DecodedBytes { get; init; }

    /// <summary>Bytes of the resident form of all weights; as <see cref="ModelInfo.ResidentBytes"/>.</summary>
    public required long WeightBytes { get; init; }
}
