using System.ComponentModel;

namespace ModelPack.Templates;

/// <summary>A <c>for</c> loop and its variable <c>loop</c>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TemplateLoop
{
    private readonly TemplateValue[] _items;
    private int _index = -1;
    private TemplateValue? _changed;

    internal TemplateLoop(TemplateValue[] items) => _items = items;

    /// <summary>The current item.</summary>
    public TemplateValue Current => _items[_index];

    /// <summary>Whether there was nothing to loop over.</summary>
    public bool IsEmpty => _items.Length == 0;

    /// <summary>The variable <c>loop</c> as a value.</summary>
    public TemplateValue Value => TemplateValue.Of(this);

    public TemplateValue Index => _index + 1;

    public TemplateValue Index0 => _index;

    public TemplateValue Revindex => _items.Length - _index;

    public TemplateValue Revindex0 => _items.Length - _index - 1;

    public TemplateValue First => _index == 0;

    public TemplateValue Last => _index == _items.Length - 1;

    public TemplateValue Length => _items.Length;

    public TemplateValue Depth => 1;

    public TemplateValue Depth0 => 0;

    public TemplateValue Previtem => _index > 0 ? _items[_index - 1] : TemplateValue.Undefined("there is no previous item");

    public TemplateValue Nextitem => _index + 1 < _items.Length ? _items[_index + 1] : TemplateValue.Undefined("there is no next item");

    /// <summary>On to the next item, if there is one.</summary>
    public bool MoveNext()
    {
        TemplateBudget.Spend(TemplateBudget.Step);
        return ++_index < _items.Length;
    }

    internal TemplateValue Attribute(string name) => name switch
    {
        "index" => Index,
        "index0" => Index0,
        "revindex" => Revindex,
        "revindex0" => Revindex0,
        "first" => First,
        "last" => Last,
        "length" => Length,
        "depth" => Depth,
        "depth0" => Depth0,
        "previtem" => Previtem,
        "nextitem" => Nextitem,
        _ => TemplateValue.Undefined($"'jinja2.runtime.LoopContext object' has no attribute '{name}'"),
    };

    internal TemplateValue Invoke(string name, TemplateArguments arguments)
    {
        switch (name)
        {
            case "cycle" when arguments.Positional.Length > 0:
                return arguments.Positional[_index % arguments.Positional.Length];
            case "cycle":
                throw TemplateErrors.Type("no items for cycling given");
            case "changed":
                var now = TemplateValue.TupleOf(arguments.Positional.ToArray());
                var changed = _changed is not { } before || !before.Equals(now);
                _changed = now;
                return changed;
            default:
                throw TemplateErrors.Undefined(Attribute(name));
        }
    }
}
