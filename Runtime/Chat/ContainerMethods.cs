namespace ModelPack.Templates;

/// <summary>The methods of lists and maps. Those that change them do not exist here, as in the sandbox that Hugging Face renders in.</summary>
internal static class ContainerMethods
{
    public static bool TryInvoke(TemplateMap map, string method, TemplateArguments arguments, out TemplateValue result)
    {
        result = method switch
        {
            "get" => Get(map, arguments.Bind(method, "key", "default")),
            "items" => NoArguments(arguments, method, () => Items(map)),
            "keys" => NoArguments(arguments, method, () => List(map.Keys)),
            "values" => NoArguments(arguments, method, () => List(map.Entries.Select(e => e.Value))),
            "copy" => NoArguments(arguments, method, () => TemplateValue.Of(map)),
            _ => TemplateValue.Undefined(""),
        };
        return TemplateMethods.Has(TemplateKind.Map, method);
    }

    public static bool TryInvoke(TemplateValue[] items, string type, string method, TemplateArguments arguments, out TemplateValue result)
    {
        result = default;
        if (method is not ("index" or "count"))
        {
            return false;
        }

        TemplateBudget.Spend(items.Length);
        var wanted = arguments.Bind(method, "value").Required(0);
        if (method == "count")
        {
            result = items.Count(i => i.Equals(wanted));
            return true;
        }

        var at = Array.IndexOf(items, wanted);
        result = at >= 0 ? at : throw TemplateErrors.Value($"{TemplateRepr.Repr(wanted).Text} is not in {type}");
        return true;
    }

    /// <summary>A map's entries as pairs.</summary>
    public static TemplateValue Items(TemplateMap map) => List(map.Entries.Select(e => TemplateValue.TupleOf(e.Key, e.Value)));

    private static TemplateValue Get(TemplateMap map, BoundArguments a) => map.TryGet(a.Required(0), out var value) ? value : a.Or(1, TemplateValue.None);

    private static TemplateValue List(IEnumerable<TemplateValue> values)
    {
        TemplateValue[] items = [.. values];
        TemplateBudget.Spend(items.Length);
        return TemplateValue.ListOf(items);
    }

    private static TemplateValue NoArguments(TemplateArguments arguments, string method, Func<TemplateValue> result)
    {
        arguments.Bind(method);
        return result();
    }
}
