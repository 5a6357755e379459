namespace ModelPack.Templates;

/// <summary>What can go wrong while a chat template renders. Messages name Python's exception and use its words, so that they can be looked up.</summary>
internal static class TemplateErrors
{
    /// <summary>The template calls <c>raise_exception</c>: it does not take such a conversation.</summary>
    public static ModelPackException Raised(string message) => new(
        MpCodes.ChatRefused,
        $"the model's chat template refuses this conversation. TemplateError: {message}");

    /// <summary>A value that does not exist is used.</summary>
    public static ModelPackException Undefined(TemplateValue value) => Failed($"UndefinedError: {value.Reason}");

    public static ModelPackException Type(string message) => Failed($"TypeError: {message}");

    public static ModelPackException Value(string message) => Failed($"ValueError: {message}");

    public static ModelPackException Failed(string message) => new(MpCodes.ChatTemplateFailed, message);

    public static ModelPackException Limit(string what) => new(MpCodes.ChatTemplateLimit, $"the model's chat template {what}; that is beyond what a template may do.");

    /// <summary>The same error with the place in the template.</summary>
    public static ModelPackException At(int line, ModelPackException e) => e.Code == MpCodes.ChatTemplateFailed
        ? new(e.Code, $"the model's chat template fails in or behind line {line}. {e.Text} (Most templates expect at least one message, roles in turn, and text as content.)", e)
        : e;
}
