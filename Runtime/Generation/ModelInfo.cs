namespace ModelPack;

/// <summary>What is known of a loaded model.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="ContextLength">Most positions (tokens) of a sequence, as loaded.</param>
/// <param name="VocabularySize">Number of tokens.</param>
/// <param name="Facts">All facts of the plan in display order: architecture, source file, parameters, layers …</param>
public sealed record ModelInfo(
    string Name,
    int ContextLength,
    int VocabularySize,
    IReadOnlyList<KeyValuePair<string, string>> Facts)
{
    /// <summary>Bytes that the weights take in the form in which they are multiplied, once all have been decoded; with <see cref="ResidentForm.Expanded"/>, before that, most that they may take.</summary>
    public long ResidentBytes { get; init; }
}
