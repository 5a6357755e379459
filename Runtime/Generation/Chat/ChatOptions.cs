using ModelPack.Templates;

namespace ModelPack;

/// <summary>What a conversation is about and how its answers are generated. Immutable.</summary>
/// <exception cref="ModelPackException">MP5101 from a property that is set to what it does not take.</exception>
public sealed record ChatOptions
{
    internal static ChatOptions Default { get; } = new();

    /// <summary>The first message, for templates that have a place for one; null (default): the template's own, if it has one.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>Tools that the model may call, for templates that have a place for them. Default none.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>
    /// Further variables of the template, such as <c>enable_thinking</c>: bool, string, integer, float, or null. Their text is the application's, not the user's:
    /// control tokens in it are recognised.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Variables
    {
        get;
        init
        {
            foreach (var (name, variable) in value)
            {
                ToValue(name, variable);
            }

            field = value;
        }
    } = new Dictionary<string, object?>();

    /// <summary>How answers are generated, unless a call says otherwise. (<see cref="GenerateOptions.ParseSpecial"/> is not looked at: the template's control tokens are recognised, those in messages are not.)</summary>
    public GenerateOptions Generate { get; init; } = GenerateOptions.Default;

    /// <summary>What time it is, for templates that say it; default the local clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal static TemplateValue ToValue(string name, object? value) => value switch
    {
        null => TemplateValue.None,
        bool truth => truth,
        string text => text,
        int integer => integer,
        long integer => integer,
        double number => number,
        float number => (double)number,
        _ => throw OptionCheck.OutOfRange($"ChatOptions.Variables[\"{name}\"]", "of a type that templates do not have", "bool, string, int, long, float, double or null", "convert it"),
    };
}
