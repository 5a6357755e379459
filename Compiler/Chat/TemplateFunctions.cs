using ModelPack.Templates;

namespace ModelPack.Compiler.Chat;

/// <summary>The runtime's filters and tests by their names in templates. (Generated code calls them directly, so that an application carries those that its template has.)</summary>
internal abstract class TemplateFunctions : ChatTemplate
{
    public static IReadOnlyDictionary<string, TemplateFunction> FiltersByName { get; } = new Dictionary<string, TemplateFunction>
    {
        ["abs"] = Filters.Abs,
        ["attr"] = Filters.Attr,
        ["capitalize"] = Filters.Capitalize,
        ["center"] = Filters.Center,
        ["default"] = Filters.Default,
        ["dictsort"] = Filters.Dictsort,
        ["escape"] = Filters.Escape,
        ["first"] = Filters.First,
        ["float"] = Filters.Float,
        ["format"] = Filters.Format,
        ["indent"] = Filters.Indent,
        ["int"] = Filters.Int,
        ["items"] = Filters.Items,
        ["join"] = Filters.Join,
        ["last"] = Filters.Last,
        ["length"] = Filters.Length,
        ["list"] = Filters.List,
        ["lower"] = Filters.Lower,
        ["map"] = Filters.Map,
        ["max"] = Filters.Max,
        ["min"] = Filters.Min,
        ["reject"] = Filters.Reject,
        ["rejectattr"] = Filters.Rejectattr,
        ["replace"] = Filters.Replace,
        ["reverse"] = Filters.Reverse,
        ["safe"] = Filters.Safe,
        ["select"] = Filters.Select,
        ["selectattr"] = Filters.Selectattr,
        ["sort"] = Filters.Sort,
        ["string"] = Filters.String,
        ["sum"] = Filters.Sum,
        ["title"] = Filters.Title,
        ["tojson"] = Filters.Tojson,
        ["trim"] = Filters.Trim,
        ["unique"] = Filters.Unique,
        ["upper"] = Filters.Upper,
    };

    public static IReadOnlyDictionary<string, TemplateFunction> TestsByName { get; } = new Dictionary<string, TemplateFunction>
    {
        ["boolean"] = Tests.Boolean,
        ["callable"] = Tests.Callable,
        ["defined"] = Tests.Defined,
        ["divisibleby"] = Tests.Divisibleby,
        ["eq"] = Tests.Eq,
        ["escaped"] = Tests.Escaped,
        ["even"] = Tests.Even,
        ["false"] = Tests.False,
        ["float"] = Tests.Float,
        ["ge"] = Tests.Ge,
        ["gt"] = Tests.Gt,
        ["in"] = Tests.In,
        ["integer"] = Tests.Integer,
        ["iterable"] = Tests.Iterable,
        ["le"] = Tests.Le,
        ["lower"] = Tests.Lower,
        ["lt"] = Tests.Lt,
        ["mapping"] = Tests.Mapping,
        ["ne"] = Tests.Ne,
        ["none"] = Tests.None,
        ["number"] = Tests.Number,
        ["odd"] = Tests.Odd,
        ["sameas"] = Tests.Sameas,
        ["sequence"] = Tests.Sequence,
        ["string"] = Tests.String,
        ["true"] = Tests.True,
        ["undefined"] = Tests.Undefined,
        ["upper"] = Tests.Upper,
    };
}
