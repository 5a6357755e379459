using System.ComponentModel;

namespace ModelPack.Templates;

/// <summary>One rendering of a chat template: its variables, its output, its limits.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TemplateContext
{
    private readonly TemplateMap _variables;
    private readonly Func<DateTime> _clock;
    private readonly Stack<TemplateText> _captures = new();
    private TemplateText _output = new();

    internal TemplateContext(TemplateMap variables, Func<DateTime> clock) => (_variables, _clock) = (variables, clock);

    /// <summary>Line of the template that is being rendered, for messages.</summary>
    public int Line { get; set; }

    /// <summary>What a name means that the template itself does not set: a variable, a function of the environment, or nothing.</summary>
    public TemplateValue Variable(string name) =>
        _variables.TryGet(name, out var value) ? value : TemplateGlobals.Find(name, _clock) ?? TemplateValue.Undefined($"'{name}' is undefined");

    /// <summary>Writes text of the template.</summary>
    public void Write(string text) => _output.Append(text);

    /// <summary>Writes a value as text.</summary>
    public void Write(TemplateValue value) => _output.Append(TemplateRepr.Display(value));

    /// <summary>From here on output becomes a value.</summary>
    public void BeginCapture()
    {
        if (_captures.Count >= TemplateValue.MaxDepth * 2)
        {
            throw TemplateErrors.Limit("captures output inside of captured output, too deep");
        }

        _captures.Push(_output);
        _output = new();
    }

    /// <summary>What was written since <see cref="BeginCapture"/>.</summary>
    public TemplateValue EndCapture()
    {
        var text = _output.ToValue();
        _output = _captures.Pop();
        return text;
    }

    /// <summary>A loop over a value's items.</summary>
    public TemplateLoop Loop(TemplateValue iterable) => new(iterable.Items());

    /// <summary>The items that a loop's <c>if</c> keeps.</summary>
    public TemplateValue Where(TemplateValue iterable, Func<TemplateValue, TemplateValue> keep)
    {
        var items = iterable.Items();
        var kept = new List<TemplateValue>();
        foreach (var item in items)
        {
            TemplateBudget.Spend(TemplateBudget.Step);
            if (keep(item).IsTrue)
            {
                kept.Add(item);
            }
        }

        return TemplateValue.ListOf([.. kept]);
    }

    /// <summary>A macro, or the body of a <c>call</c> block.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="parameters">Names, in order.</param>
    /// <param name="body">Gets the arguments, undefined where they were not given, and the body of the <c>call</c> block that calls the macro; writes the macro's output.</param>
    public TemplateValue Macro(string name, string[] parameters, Action<BoundArguments, TemplateValue> body) => TemplateValue.Of(new TemplateCallable(name, arguments =>
    {
        using var call = TemplateBudget.EnterCall();
        var caller = TemplateValue.Undefined("No caller defined");
        var named = new List<(string Name, TemplateValue Value)>();
        foreach (var argument in arguments.Named)
        {
            if (argument.Name == "caller")
            {
                caller = argument.Value;
            }
            else if (!parameters.Contains(argument.Name))
            {
                throw TemplateErrors.Type($"macro '{name}' takes no keyword argument '{argument.Name}'");
            }
            else
            {
                named.Add(argument);
            }
        }

        if (arguments.Positional.Length > parameters.Length)
        {
            throw TemplateErrors.Type($"macro '{name}' takes not more than {parameters.Length} argument(s)");
        }

        var bound = new TemplateArguments(arguments.Positional.ToArray(), [.. named]).Bind(name, parameters).NameMissing(parameters);
        BeginCapture();
        body(bound, caller);
        return EndCapture();
    }));

    internal TemplateValue Finish() => _output.ToValue();
}
