namespace ModelPack.Templates;

/// <summary>The functions that Jinja2 and Hugging Face give every template.</summary>
internal static class TemplateGlobals
{
    /// <summary>Most numbers of a <c>range</c>, as in Jinja2's sandbox.</summary>
    private const int MaxRange = 100_000;

    private static readonly TemplateValue s_namespace = Function("namespace", Namespace);
    private static readonly TemplateValue s_range = Function("range", Range);
    private static readonly TemplateValue s_dict = Function("dict", arguments => TemplateValue.Of(Entries("dict", arguments)));
    private static readonly TemplateValue s_raise = Function("raise_exception", arguments =>
        throw TemplateErrors.Raised(TemplateRepr.Display(arguments.Bind("raise_exception", "message").Required(0)).Text));

    public static TemplateValue? Find(string name, Func<DateTime> clock) => name switch
    {
        "namespace" => s_namespace,
        "range" => s_range,
        "dict" => s_dict,
        "raise_exception" => s_raise,
        "strftime_now" => Function(name, arguments => TemplateClock.Format(clock(), arguments.Bind("strftime_now", "format").RequiredText(0))),
        _ => default(TemplateValue?),
    };

    private static TemplateValue Function(string name, Func<TemplateArguments, TemplateValue> invoke) => TemplateValue.Of(new TemplateCallable(name, invoke));

    private static TemplateValue Namespace(TemplateArguments arguments) => TemplateValue.NamespaceOf(Entries("namespace", arguments));

    /// <summary>Entries of a map, if there is one, then the named arguments.</summary>
    private static TemplateMap Entries(string function, TemplateArguments arguments)
    {
        var entries = new TemplateMap();
        foreach (var map in arguments.Positional)
        {
            if (map.Kind is not TemplateKind.Map)
            {
                throw TemplateErrors.Type($"{function}() takes a mapping, not '{map.TypeName}'");
            }

            foreach (var (key, value) in map.Entries.Entries)
            {
                entries[key] = value;
            }
        }

        foreach (var (key, value) in arguments.Named)
        {
            entries[key] = value;
        }

        return entries;
    }

    private static TemplateValue Range(TemplateArguments arguments)
    {
        var a = arguments.Bind("range", "start", "stop", "step");
        var one = !a.Has(1);
        long start = one ? 0 : a.IntegerOr(0, 0), stop = one ? a.IntegerOr(0, 0) : a.IntegerOr(1, 0), step = a.IntegerOr(2, 1);
        _ = a.Required(0);
        if (step == 0)
        {
            throw TemplateErrors.Value("range() arg 3 must not be zero");
        }

        var count = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        if (count > MaxRange)
        {
            throw TemplateErrors.Limit($"makes a range of more than {MaxRange} numbers");
        }

        var items = new TemplateValue[Math.Max(count, 0)];
        TemplateBudget.Spend(items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = start + (i * step);
        }

        return TemplateValue.ListOf(items);
    }
}
