using ModelPack.Templates;

namespace ModelPack;

/// <summary>From messages to tokens, and from an answer's tokens to a message.</summary>
internal sealed class ChatPrompt(ChatTemplate template, Tokenizer tokenizer, ChatOptions options)
{
    /// <summary>The conversation as the template writes it, with the beginning of an answer.</summary>
    public TemplateValue Render(IReadOnlyList<ChatMessage> history)
    {
        var variables = Environment(tokenizer);
        foreach (var (name, value) in options.Variables)
        {
            variables[name] = ChatOptions.ToValue(name, value);
        }

        variables["messages"] = TemplateValue.ListOf([.. history.Select(m => m.ToValue())]);
        if (options.Tools.Count > 0)
        {
            variables["tools"] = TemplateValue.ListOf([.. options.Tools.Select(t => t.Value)]);
        }

        return template.Run(variables, () => options.Clock.GetLocalNow().DateTime);
    }

    public int[] Encode(IReadOnlyList<ChatMessage> history) => Encode(tokenizer, Render(history));

    /// <summary>The variables that every template finds.</summary>
    public static TemplateMap Environment(Tokenizer tokenizer) => new TemplateMap()
        .With("bos_token", Special(tokenizer, tokenizer.BosId))
        .With("eos_token", Special(tokenizer, tokenizer.EosId))
        .With("add_generation_prompt", true);

    /// <summary>Nothing is put around it: the template has written what the model wants.</summary>
    public static int[] Encode(Tokenizer tokenizer, TemplateValue text) => tokenizer.EncodePrompt(text.Text, text.Literal);

    /// <summary>An answer, the tools it calls taken out of the text.</summary>
    /// <param name="text">As it was streamed, without control tokens.</param>
    /// <param name="tokens">All of it.</param>
    /// <param name="calls">Calls so far, for their ids.</param>
    public ChatMessage ParseReply(string text, ReadOnlySpan<int> tokens, ref int calls)
    {
        var parsed = ToolCallParser.Parse(tokenizer.Decode(tokens, special: true), ref calls);
        return parsed.Calls.Count == 0
            ? new(ChatRole.Assistant, text)
            // A template that does not write calls gets the model's own text back, so that the model sees that it has called.
            : new(ChatRole.Assistant, template.WritesToolCalls ? parsed.Content : text) { ToolCalls = parsed.Calls };
    }

    private static string Special(Tokenizer tokenizer, int id) => id < 0 ? "" : tokenizer.Decode([id], special: true);
}
