using System.Text.Json;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Models;

/// <summary>One prompt for stories260K and what the reference implementation says after it: 200 greedy tokens (float32 llama2.c weights; see shared/README.md).</summary>
/// <param name="Text">The prompt.</param>
/// <param name="Ids">Its tokens, BOS in front.</param>
/// <param name="Greedy">The continuation's tokens.</param>
/// <param name="GreedyText">Its text, a BOS in it written out.</param>
internal sealed record GoldenStory(string Text, int[] Ids, int[] Greedy, string GreedyText)
{
    /// <summary>The model: small enough for the repository.</summary>
    public static string ModelPath { get; } = Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    /// <summary>The three prompts of shared/golden/stories260k.json, of which Tests/Fixtures has a copy.</summary>
    public static IReadOnlyList<GoldenStory> All { get; } = Read();

    /// <summary>The continuation as a generator gives it: control tokens are not part of the text (the third story goes on after a BOS).</summary>
    public string Continuation => GreedyText.Replace("<s>", "", StringComparison.Ordinal);

    private static List<GoldenStory> Read()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Repository.Path("Tests", "Fixtures", "stories260k.json")));
        return [.. json.RootElement.EnumerateArray().Select(s => new GoldenStory(
            s.GetProperty("text").GetString()!,
            [.. s.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())],
            [.. s.GetProperty("greedy").EnumerateArray().Select(i => i.GetInt32())],
            s.GetProperty("greedy_text").GetString()!))];
    }
}
