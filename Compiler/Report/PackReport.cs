namespace ModelPack.Compiler.Report;

/// <summary>Everything that a report tells of one compilation; written as JSON, and as one HTML file that draws it.</summary>
internal sealed record PackReport
{
    public required string Model { get; init; }

    public required string Version { get; init; }

    /// <summary>What was asked for, as name and value.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Options { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    /// <summary>Bytes of the pack by what they are: codes, tokenizer …</summary>
    public required IReadOnlyList<KeyValuePair<string, long>> BytesBy { get; init; }

    /// <summary>Of the file's matrices, per weight.</summary>
    public required double BitsSource { get; init; }

    public required double BitsRest { get; init; }

    public required double BitsResident { get; init; }

    /// <summary>Tokens a second that a profile of the target expects; null where none was named.</summary>
    public double? DecodeSpeed { get; init; }

    /// <summary>Divergence from the original on held-out text; null where nothing was measured.</summary>
    public MeasuredQuality? Quality { get; init; }

    public required IReadOnlyList<ReportTensor> Tensors { get; init; }

    /// <summary>Every point that was evaluated on the way; the chosen one among them.</summary>
    public IReadOnlyList<ReportPoint> Front { get; init; } = [];

    /// <summary>Kinds of format that peers use, by their bits.</summary>
    public IReadOnlyList<KnownFormat> Formats { get; init; } = KnownFormats.All;

    public IReadOnlyList<ReportSample> Samples { get; init; } = [];

    /// <summary>Seconds by stage, in order.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Stages { get; init; }

    /// <summary>What dividing bits and tuning did, in words; null where neither was done.</summary>
    public string? Refinement { get; init; }

    public required double PeakMemoryMegabytes { get; init; }
}

/// <param name="Divergence">Mean KL divergence (original ‖ compressed), nats per token.</param>
/// <param name="Percentile99">Its 99th percentile.</param>
/// <param name="Top1">Part of the positions with the same best token.</param>
/// <param name="Perplexity">Of the compressed model.</param>
/// <param name="ReferencePerplexity">Of the original.</param>
/// <param name="Windows">Windows of 512 tokens, second halves.</param>
internal sealed record MeasuredQuality(double Divergence, double Percentile99, double Top1, double Perplexity, double ReferencePerplexity, int Windows);

/// <param name="Name">The tensor's name in the source file.</param>
/// <param name="Layer">−1 outside the layers.</param>
/// <param name="Role">Accessor path, such as <c>Attention.Query</c>.</param>
/// <param name="Sensitivity">Expected KL divergence that this tensor's quantisation adds; 0 where it was not estimated.</param>
/// <param name="Escapes">Part of the codes that are outside their tile's width.</param>
internal sealed record ReportTensor(
    string Name, int Layer, string Role, int Rows, int Columns, string SourceType, double BitsSource, double BitsRest, double BitsResident, double Sensitivity, double Escapes);

/// <param name="Label">What it is.</param>
/// <param name="Bits">At rest, per weight.</param>
/// <param name="Divergence">Nats per token.</param>
/// <param name="Chosen">This is the pack.</param>
internal sealed record ReportPoint(string Label, double Bits, double Divergence, bool Chosen);

/// <summary>The same prompt, continued greedily by both.</summary>
internal sealed record ReportSample(string Prompt, string Original, string Compressed);
