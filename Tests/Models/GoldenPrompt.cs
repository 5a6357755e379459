using System.Text.Json;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>One prompt or chat for SmolLM2 and what the reference implementation (transformers, float32) says after it.</summary>
/// <param name="Name">prompt0 … prompt3, chat0 … chat2.</param>
/// <param name="Text">The prompt; of a chat, what its template renders.</param>
/// <param name="Ids">Its tokens.</param>
/// <param name="Greedy">The continuation's tokens, the end of generation included where it comes.</param>
/// <param name="LastLogits">Logits after the prompt's last token, [vocabulary].</param>
internal sealed record GoldenPrompt(string Name, string Text, int[] Ids, int[] Greedy, float[] LastLogits)
{
    public bool IsChat => Name.StartsWith("chat", StringComparison.Ordinal);

    public static List<GoldenPrompt> Read(SafetensorsFile tensors)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(SharedData.Path("golden/smollm2.json")));
        return [.. json.RootElement.EnumerateArray().Select(p => Read(p, tensors))];
    }

    private static GoldenPrompt Read(JsonElement prompt, SafetensorsFile tensors)
    {
        var name = prompt.GetProperty("name").GetString()!;
        return new(
            name,
            prompt.GetProperty("text").GetString()!,
            [.. prompt.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())],
            [.. prompt.GetProperty("greedy").EnumerateArray().Select(i => i.GetInt32())],
            tensors.GetFloats($"{name}.last_logits"));
    }
}

/// <summary>256 tokens of wikitext-2.test and the reference's negative log-likelihood of each but the first.</summary>
internal sealed record GoldenWindow(int[] Ids, float[] Nll)
{
    public static List<GoldenWindow> Read(SafetensorsFile tensors) =>
        [.. Enumerable.Range(0, 4).Select(w => new GoldenWindow(tensors.GetInt32($"window{w}.input_ids"), tensors.GetFloats($"window{w}.nll")))];
}
