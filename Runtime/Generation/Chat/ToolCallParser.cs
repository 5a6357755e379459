using ModelPack.Templates;

namespace ModelPack;

/// <summary>Finds the calls in an answer, in the forms that published templates teach their models.</summary>
internal static class ToolCallParser
{
    /// <summary>Most calls of one answer.</summary>
    private const int MaxCalls = 128;

    /// <summary>What introduces calls, and how they are read from behind it; the first in the text decides.</summary>
    private static readonly (string Marker, Func<string, int, List<ParsedCall>> Read)[] s_forms =
    [
        ("<tool_call>", TaggedCalls.Read), // Hermes, Qwen; functions as tags in Qwen3.5
        ("<|tool_call|>", JsonCalls.Read), // Granite
        ("<|tool_call>", LiteralCalls.ReadBraced), // Gemma 4
        ("<|tool_call_start|>", LiteralCalls.ReadPython), // LFM2
        ("[TOOL_CALLS]", MistralCalls.Read),
        ("<｜tool▁call▁begin｜>", NamedCalls.ReadDeepSeek),
        (" to=functions.", NamedCalls.ReadHarmony), // gpt-oss
        ("<|python_tag|>", JsonCalls.Read), // Llama 3
    ];

    /// <param name="text">The answer, control tokens written out.</param>
    /// <param name="calls">Calls so far: ids that the model does not give are made of it.</param>
    /// <returns>The text in front of the calls, and the calls.</returns>
    public static (string Content, List<ToolCall> Calls) Parse(string text, ref int calls)
    {
        var (at, parsed) = Find(text);
        var result = new List<ToolCall>();
        foreach (var call in parsed.Take(MaxCalls))
        {
            // Nine letters and digits, as Mistral's templates want them.
            var id = call.Id ?? $"call{++calls:D5}";
            result.Add(new(id, call.Name, call.Arguments.IsString ? call.Arguments.Text : TemplateJson.Write(call.Arguments).Text));
        }

        return (result.Count == 0 ? text : text[..at].TrimEnd(), result);
    }

    private static (int At, List<ParsedCall> Calls) Find(string text)
    {
        var first = s_forms.Select(f => (f.Marker, f.Read, At: text.IndexOf(f.Marker, StringComparison.Ordinal))).Where(f => f.At >= 0).OrderBy(f => f.At).FirstOrDefault();
        if (first.Read is not null)
        {
            return (first.At, first.Read(text, first.At + first.Marker.Length));
        }

        // Llama 3: an answer that is a call and nothing else.
        var start = text.Length - text.TrimStart().Length;
        return start < text.Length && text[start] == '{' ? (start, JsonCalls.Read(text, start)) : (0, []);
    }
}

/// <summary>A call as it stands in a text.</summary>
/// <param name="Arguments">A map, or a string where the model wrote no JSON.</param>
/// <param name="Id">The model's own, if it gives one.</param>
internal sealed record ParsedCall(string Name, TemplateValue Arguments, string? Id = null);
