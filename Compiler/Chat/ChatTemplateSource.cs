using ModelPack.Compiler.Import;
using ModelPack.Jinja;
using ModelPack.Plan;

namespace ModelPack.Compiler.Chat;

/// <summary>The chat template of a model file, and whether it can be translated.</summary>
internal static class ChatTemplateSource
{
    private const string Key = "tokenizer.chat_template";

    /// <summary>The file's default template; empty where it has none. (Named ones, <c>tokenizer.chat_template.tool_use</c> and so on, are for callers that ask for them by name.)</summary>
    /// <remarks>One that is longer than shape files hold counts as none; <see cref="Problem"/> says so.</remarks>
    public static string Of(ModelMetadata metadata) => metadata.TryString(Key) is { Length: > 0 } template
        ? Overlong(template) is null ? template : ""
        : "";

    /// <summary>What of the file's template is not translated, as a warning's text; null: nothing.</summary>
    public static string? Problem(ModelMetadata metadata)
    {
        if (metadata.TryString(Key) is not { Length: > 0 } template)
        {
            return null;
        }

        if (Overlong(template) is { } overlong)
        {
            return Text(1, overlong, MpCodes.ChatTemplateMissing);
        }

        try
        {
            JinjaParser.Parse(template);
            return null;
        }
        catch (JinjaException e)
        {
            return Text(e.Line, e.Message);
        }
    }

    /// <summary>Parses the template of a plan, for the interpreter.</summary>
    /// <exception cref="ModelPackException">MP5301: there is none; MP2301: it is not translated.</exception>
    public static TemplateInterpreter Open(ModelShapeFile shape)
    {
        if (shape.ChatTemplate.Length == 0)
        {
            throw new ModelPackException(MpCodes.ChatTemplateMissing, "the model has no chat template (tokenizer.chat_template in its file). Use --prompt, or a model tuned for chat.");
        }

        try
        {
            return new(JinjaParser.Parse(shape.ChatTemplate));
        }
        catch (JinjaException e)
        {
            throw new ModelPackException(CompilerCodes.ChatTemplateUnsupported, Text(e.Line, e.Message));
        }
    }

    private static string? Overlong(string template) =>
        template.Length > JinjaLexer.MaxLength ? $"the template has {template.Length} characters; at most {JinjaLexer.MaxLength} are translated"
        : template.Split('\n').Max(l => l.Length) is > PlanText.MaxStringLength and var longest ? $"a line of {longest} characters; at most {PlanText.MaxStringLength} are translated"
        : null;

    private static string Text(int line, string what, string code = MpCodes.ChatTemplateUnsupported) =>
        $"the chat template ({Key}) is beyond what is translated: line {line}: {new string([.. what.Select(c => char.IsControl(c) ? ' ' : c)])}. "
        + $"CreateChat will throw {code}; Generate works. Use a file with a simpler template, or give Generate prompts in the model's own format.";
}
