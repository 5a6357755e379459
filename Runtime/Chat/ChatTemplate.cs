using System.ComponentModel;

namespace ModelPack.Templates;

/// <summary>
/// A chat template: how a conversation becomes the text that the model was trained on. The source generator derives one from the model file's Jinja template;
/// the compiler has an interpreter. What is protected here is for the generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract partial class ChatTemplate
{
    /// <summary>An inline <c>if</c> without <c>else</c> whose condition does not hold.</summary>
    protected internal static TemplateValue NoElse(int line) =>
        TemplateValue.Undefined($"the inline if-expression on line {line} evaluated to false and no else section was defined.");

    /// <summary>Python's None.</summary>
    protected static TemplateValue None => TemplateValue.None;

    /// <summary>Whether the template writes the <c>tool_calls</c> of messages; those that do not want the model's own text back.</summary>
    protected internal virtual bool WritesToolCalls => false;

    /// <summary>Writes the conversation's text.</summary>
    protected abstract void Render(TemplateContext t);

    /// <summary>A constant as a value.</summary>
    protected static TemplateValue Of(TemplateValue value) => value;

    protected static TemplateValue List(params TemplateValue[] items) => TemplateValue.ListOf(items);

    protected static TemplateValue Tuple(params TemplateValue[] items) => TemplateValue.TupleOf(items);

    protected static TemplateValue Map(params (TemplateValue Key, TemplateValue Value)[] entries)
    {
        var map = new TemplateMap();
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        return TemplateValue.Of(map);
    }

    /// <summary>Jinja2's <c>~</c>.</summary>
    protected static TemplateValue Concat(params ReadOnlySpan<TemplateValue> values) => TemplateValue.Concat(values);

    /// <summary>Python's <c>//</c>.</summary>
    protected static TemplateValue FloorDivide(TemplateValue left, TemplateValue right) => TemplateValue.FloorDivide(left, right);

    /// <summary>Python's <c>**</c>.</summary>
    protected static TemplateValue Power(TemplateValue left, TemplateValue right) => TemplateValue.Power(left, right);

    /// <summary>A filter or test that is the argument of another one: <c>map('upper')</c>.</summary>
    protected static TemplateValue Function(string name, TemplateFunction function) =>
        TemplateValue.Of(new TemplateCallable(name, _ => throw TemplateErrors.Type($"'{name}' is a filter or test")) { Function = function });

    /// <summary>Renders a conversation.</summary>
    /// <param name="variables">What the template finds: <c>messages</c>, <c>tools</c>, <c>add_generation_prompt</c> …</param>
    /// <param name="clock">For <c>strftime_now</c>.</param>
    /// <exception cref="ModelPackException">MP5303 to MP5305.</exception>
    internal TemplateValue Run(TemplateMap variables, Func<DateTime> clock)
    {
        var context = new TemplateContext(variables, clock);
        using var budget = TemplateBudget.Begin();
        try
        {
            Render(context);
            return context.Finish();
        }
        catch (ModelPackException e)
        {
            throw TemplateErrors.At(context.Line, e);
        }
    }
}
