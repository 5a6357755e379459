namespace ModelPack.Jinja;

internal enum JinjaTokenKind
{
    /// <summary>Text between tags.</summary>
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Text">Name, operator, text of a string with its escapes resolved, digits.</param>
/// <param name="Line">1-based.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line)
{
    public bool Is(string text) => Kind is JinjaTokenKind.Name or JinjaTokenKind.Operator && Text == text;

    public override string ToString() => Kind switch
    {
        JinjaTokenKind.End => "the end of the template",
        JinjaTokenKind.Data => "text",
        JinjaTokenKind.VariableEnd => "'}}'",
        JinjaTokenKind.BlockEnd => "'%}'",
        _ => "'" + Shown(Text) + "'",
    };

    private static string Shown(string text) => text.Length > 40 ? text.Substring(0, 40) + "…" : text;
}
