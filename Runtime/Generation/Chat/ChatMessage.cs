using ModelPack.Templates;

namespace ModelPack;

/// <summary>Who speaks.</summary>
public enum ChatRole
{
    /// <summary>Instructions for the model.</summary>
    System = 0,

    /// <summary>The user.</summary>
    User = 1,

    /// <summary>The model.</summary>
    Assistant = 2,

    /// <summary>The result of a tool that the model called.</summary>
    Tool = 3,
}

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Content">The text; control tokens written out in it are text like any other.</param>
public sealed record ChatMessage(ChatRole Role, string Content)
{
    /// <summary>Tools that the model calls with this message.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>For a tool's result: the <see cref="ToolCall.Id"/> it answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>For a tool's result: the tool.</summary>
    public string? ToolName { get; init; }

    /// <summary>The message as templates see it, in Hugging Face's form.</summary>
    internal TemplateValue ToValue()
    {
        var message = new TemplateMap()
            .With("role", Role switch { ChatRole.System => "system", ChatRole.User => "user", ChatRole.Tool => "tool", _ => "assistant" })
            .With("content", TemplateValue.LiteralText(Content));
        if (ToolCalls.Count > 0)
        {
            message["tool_calls"] = TemplateValue.ListOf([.. ToolCalls.Select(c => c.ToValue())]);
        }

        if (ToolCallId is { } id)
        {
            message["tool_call_id"] = TemplateValue.LiteralText(id);
        }

        if (ToolName is { } name)
        {
            message["name"] = TemplateValue.LiteralText(name);
        }

        return TemplateValue.Of(message);
    }
}
