using ModelPack.Compiler.Cli;
using ModelPack.Templates;

namespace ModelPack.Compiler.Chat;

/// <summary>
/// A conversation in a JSON file: a list of messages <c>{"role": …, "content": …}</c> in Hugging Face's form, or an object with <c>messages</c> and the template's other variables
/// (<c>tools</c>, <c>add_generation_prompt</c>, <c>enable_thinking</c> …).
/// </summary>
internal sealed class ChatFile(TemplateValue content)
{
    /// <exception cref="ModelPackException">MP3004: it cannot be read; MP5306: it is no JSON.</exception>
    public static ChatFile Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CommandLine.Error($"--chat '{path}' cannot be read: {e.Message}");
        }

        var value = TemplateJsonReader.Read(text, $"--chat '{path}'");
        var messages = value.Kind == TemplateKind.Map ? value["messages"] : value;
        return messages.Kind == TemplateKind.List
            ? new(value)
            : throw CommandLine.Error($"--chat '{path}' is neither a list of messages nor an object with a list 'messages'.");
    }

    /// <summary>The conversation's text, with the beginning of an answer unless the file says otherwise.</summary>
    public TemplateValue Render(ChatTemplate template, Tokenizer tokenizer, Func<DateTime> clock)
    {
        var variables = ChatPrompt.Environment(tokenizer);
        if (content.Kind == TemplateKind.List)
        {
            variables["messages"] = content;
        }
        else
        {
            foreach (var (name, value) in content.Entries.Entries)
            {
                variables[name.Text] = value;
            }
        }

        return template.Run(variables, clock);
    }

    /// <summary>The tokens of <see cref="Render"/>.</summary>
    public int[] Encode(ChatTemplate template, Tokenizer tokenizer) =>
        ChatPrompt.Encode(tokenizer, Render(template, tokenizer, () => TimeProvider.System.GetLocalNow().DateTime));
}
