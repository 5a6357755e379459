namespace ModelPack.Templates;

/// <summary>A macro, or a function that templates may call.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Invoke">What it does.</param>
internal sealed record TemplateCallable(string Name, Func<TemplateArguments, TemplateValue> Invoke)
{
    /// <summary>A filter or test that is given to another one by name, as in <c>map('upper')</c>.</summary>
    public TemplateFunction? Function { get; init; }
}
