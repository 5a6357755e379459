namespace ModelPack.Templates;

/// <summary>Attributes, items, slices, membership, calls.</summary>
public readonly partial struct TemplateValue
{
    /// <summary><c>value[index]</c>: an item, or for a string as index an attribute; undefined where there is none.</summary>
    /// <exception cref="ModelPackException">MP5304: the value itself is undefined.</exception>
    public TemplateValue this[TemplateValue index]
    {
        get
        {
            if (IsUndefined)
            {
                throw TemplateErrors.Undefined(this);
            }

            return TryItem(index, out var item) ? item
                : !index.IsString ? Undefined($"{ObjectName} has no element {TemplateRepr.Repr(index).Text}")
                : TryAttribute(index.Text, out var attribute) ? attribute
                : Missing(index.Text);
        }
    }

    /// <summary><c>value.name</c>: an attribute, or an item of that name; undefined where there is none.</summary>
    /// <exception cref="ModelPackException">MP5304: the value itself is undefined.</exception>
    public TemplateValue Get(string name)
    {
        if (IsUndefined)
        {
            throw TemplateErrors.Undefined(this);
        }

        return TryAttribute(name, out var attribute) || TryItem(name, out attribute) ? attribute : Missing(name);
    }

    /// <summary><c>namespace.name = value</c>.</summary>
    /// <exception cref="ModelPackException">MP5304: not a namespace.</exception>
    public void Set(string name, TemplateValue value)
    {
        if (Kind != TemplateKind.Namespace)
        {
            throw TemplateErrors.Failed("TemplateRuntimeError: cannot assign attribute on non-namespace object");
        }

        Entries[name] = value;
    }

    /// <summary><c>value[start:stop:step]</c>; none where a bound is left out.</summary>
    public TemplateValue Slice(TemplateValue start, TemplateValue stop, TemplateValue step) => Kind switch
    {
        TemplateKind.Undefined => throw TemplateErrors.Undefined(this),
        TemplateKind.String => TextSlices.Slice(this, start, stop, step),
        TemplateKind.List => ListOf(TextSlices.Slice(Sequence, start, stop, step)),
        TemplateKind.Tuple => TupleOf(TextSlices.Slice(Sequence, start, stop, step)),
        TemplateKind.Map => throw TemplateErrors.Type("unhashable type: 'slice'"),
        _ => throw TemplateErrors.Type($"'{TypeName}' object is not subscriptable"),
    };

    /// <summary><c>value in container</c>.</summary>
    public TemplateValue In(TemplateValue container)
    {
        switch (container.Kind)
        {
            case TemplateKind.String:
                TemplateBudget.Spend(container.Text.Length);
                return IsString
                    ? container.Text.Contains(Text, StringComparison.Ordinal)
                    : throw TemplateErrors.Type($"'in <string>' requires string as left operand, not {TypeName}");
            case TemplateKind.List or TemplateKind.Tuple:
                return Array.IndexOf(container.Sequence, this) >= 0;
            case TemplateKind.Map:
                return container.Entries.TryGet(this, out _);
            case TemplateKind.Undefined:
                return false;
            default:
                throw TemplateErrors.Type($"argument of type '{container.TypeName}' is not iterable");
        }
    }

    /// <summary><c>value(arguments)</c>.</summary>
    /// <exception cref="ModelPackException">MP5304: the value is no function.</exception>
    public TemplateValue Call(TemplateArguments arguments = default)
    {
        if (Kind == TemplateKind.Function)
        {
            return Callable.Invoke(arguments);
        }

        throw IsUndefined ? TemplateErrors.Undefined(this) : TemplateErrors.Type($"'{TypeName}' object is not callable");
    }

    /// <summary><c>value.method(arguments)</c>.</summary>
    /// <exception cref="ModelPackException">MP5304: there is no such method, or it does not take these arguments.</exception>
    public TemplateValue Invoke(string method, TemplateArguments arguments = default)
    {
        TemplateBudget.Spend(TemplateBudget.Step);
        return Kind switch
        {
            TemplateKind.String when StringMethods.TryInvoke(this, method, arguments, out var result) => result,
            TemplateKind.List or TemplateKind.Tuple when ContainerMethods.TryInvoke(Sequence, TypeName, method, arguments, out var result) => result,
            TemplateKind.Map when ContainerMethods.TryInvoke(Entries, method, arguments, out var result) => result,
            TemplateKind.Loop => LoopState.Invoke(method, arguments),
            _ => Get(method).Call(arguments),
        };
    }

    /// <summary>The values of a tuple on the left of an assignment, <c>a, b = value</c>.</summary>
    public TemplateValue[] Unpack(int count)
    {
        var items = Items();
        return items.Length == count ? items
            : items.Length > count ? throw TemplateErrors.Value($"too many values to unpack (expected {count})")
            : throw TemplateErrors.Value($"not enough values to unpack (expected {count}, got {items.Length})");
    }

    private TemplateValue Missing(string name) => Undefined($"'{ObjectName}' has no attribute '{name}'");

    private bool TryItem(TemplateValue index, out TemplateValue item)
    {
        if (Kind == TemplateKind.Map)
        {
            return Entries.TryGet(index, out item);
        }

        item = default;
        if (!index.IsInteger)
        {
            return false;
        }

        if (IsString)
        {
            return TextSlices.TryCharacter(this, index.Integer, out item);
        }

        if (!IsSequence)
        {
            return false;
        }

        var position = index.Integer < 0 ? index.Integer + Sequence.Length : index.Integer;
        if (position < 0 || position >= Sequence.Length)
        {
            return false;
        }

        item = Sequence[position];
        return true;
    }

    private bool TryAttribute(string name, out TemplateValue attribute)
    {
        attribute = default;
        switch (Kind)
        {
            case TemplateKind.Namespace:
                return Entries.TryGet(name, out attribute);
            case TemplateKind.Loop:
                attribute = LoopState.Attribute(name);
                return !attribute.IsUndefined;
            case TemplateKind.String or TemplateKind.List or TemplateKind.Tuple or TemplateKind.Map when TemplateMethods.Has(Kind, name):
                var self = this;
                attribute = Of(new TemplateCallable(name, arguments => self.Invoke(name, arguments)));
                return true;
            default:
                return false;
        }
    }
}
