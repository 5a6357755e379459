namespace ModelPack;

internal static partial class MpCodes
{
    /// <summary>The model has no chat template.</summary>
    public const string ChatTemplateMissing = "MP5301";

    /// <summary>The model's chat template is beyond what is translated.</summary>
    public const string ChatTemplateUnsupported = "MP5302";

    /// <summary>The chat template refuses a conversation (raise_exception).</summary>
    public const string ChatRefused = "MP5303";

    /// <summary>The chat template fails on a conversation: a value is missing, or has another type than it expects.</summary>
    public const string ChatTemplateFailed = "MP5304";

    /// <summary>A chat template takes too long, makes too long a text, or nests too deeply.</summary>
    public const string ChatTemplateLimit = "MP5305";

    /// <summary>A tool's parameters, or a variable, are not JSON.</summary>
    public const string ChatJsonMalformed = "MP5306";

    /// <summary>A message that does not fit where the conversation stands.</summary>
    public const string ChatMessageMisplaced = "MP5307";
}
