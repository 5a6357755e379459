namespace ModelPack;

/// <summary>
/// The one exception that ModelPack raises for bad input: a model file, a pack, options or text that cannot be used.
/// </summary>
/// <remarks>
/// <see cref="Code"/> is a stable identifier (see docs/diagnostics.md). The message says what is wrong, where,
/// what was expected and what was found, and what to do about it.
/// </remarks>
public sealed class ModelPackException : Exception
{
    public ModelPackException(string code, string message, Exception? inner = null)
        : base($"{code}: {message}", inner)
    {
        Code = code;
        Text = message;
    }

    /// <summary>The diagnostic's identifier, for example <c>MP2003</c>.</summary>
    public string Code { get; }

    /// <summary>The message without its code, as an MSBuild line wants it.</summary>
    public string Text { get; }
}
