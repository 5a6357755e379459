namespace ModelPack.Templates;

/// <summary>The methods that values have.</summary>
internal static class TemplateMethods
{
    private static readonly string[] s_string =
    [
        "capitalize", "casefold", "center", "count", "endswith", "find", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "isupper",
        "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ];

    private static readonly string[] s_list = ["count", "index"];

    private static readonly string[] s_map = ["copy", "get", "items", "keys", "values"];

    public static bool Has(TemplateKind kind, string name) => (kind switch
    {
        TemplateKind.String => s_string,
        TemplateKind.Map => s_map,
        _ => s_list,
    }).Contains(name);
}
