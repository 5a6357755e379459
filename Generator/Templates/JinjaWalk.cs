using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Jinja;

/// <summary>Walks over a template's tree.</summary>
internal static class JinjaWalk
{
    /// <summary>All statements, those inside others too, in order.</summary>
    public static IEnumerable<JinjaStatement> Statements(IEnumerable<JinjaStatement> body) =>
        body.SelectMany(s => new[] { s }.Concat(Statements(Bodies(s).SelectMany(b => b))));

    /// <summary>All expressions of statements and what is inside them.</summary>
    public static IEnumerable<JinjaExpression> Expressions(IEnumerable<JinjaStatement> body) => Statements(body).SelectMany(Own).SelectMany(Parts);

    /// <summary>An expression and all inside it.</summary>
    public static IEnumerable<JinjaExpression> Parts(JinjaExpression expression) => new[] { expression }.Concat(expression.Parts.SelectMany(Parts));

    /// <summary>The bodies of a statement.</summary>
    public static IEnumerable<IReadOnlyList<JinjaStatement>> Bodies(JinjaStatement statement) => statement switch
    {
        JinjaIf s => s.Branches.Select(b => b.Body).Append(s.Otherwise),
        JinjaFor s => [s.Body, s.Otherwise],
        JinjaSetBlock s => [s.Body],
        JinjaMacro s => [s.Body],
        JinjaCallBlock s => [s.Body],
        JinjaFilterBlock s => [s.Body],
        JinjaWith s => [s.Body],
        _ => [],
    };

    /// <summary>The expressions of a statement itself, without those of its bodies.</summary>
    public static IEnumerable<JinjaExpression> Own(JinjaStatement statement) => statement switch
    {
        JinjaOutput s => [s.Value],
        JinjaIf s => s.Branches.Select(b => b.Condition),
        JinjaFor s => s.Condition is null ? [s.Iterable] : [s.Iterable, s.Condition],
        JinjaSet s => s.Attribute is null ? [s.Value] : [s.Value, new JinjaName(s.Line, s.Targets[0])],
        JinjaSetBlock s => s.Attribute is null ? s.Filters : [.. s.Filters, new JinjaName(s.Line, s.Target)],
        JinjaMacro s => Defaults(s.Parameters),
        JinjaCallBlock s => [s.Call, .. Defaults(s.Parameters)],
        JinjaFilterBlock s => s.Filters,
        JinjaWith s => s.Values.Select(v => v.Value),
        _ => [],
    };

    /// <summary>The names that a statement sets, in its own scope or in that of its body.</summary>
    public static IEnumerable<string> Stores(JinjaStatement statement) => statement switch
    {
        JinjaFor s => s.Targets,
        JinjaSet { Attribute: null } s => s.Targets,
        JinjaSetBlock { Attribute: null } s => [s.Target],
        JinjaMacro s => [s.Name, .. s.Parameters.Select(p => p.Name)],
        JinjaCallBlock s => s.Parameters.Select(p => p.Name),
        JinjaWith s => s.Values.Select(v => v.Name),
        _ => [],
    };

    /// <summary>Every name that a statement or its bodies speak of.</summary>
    public static IEnumerable<string> Mentions(JinjaStatement statement) =>
        Expressions([statement]).OfType<JinjaName>().Select(n => n.Name).Concat(Statements([statement]).SelectMany(Stores));

    private static IEnumerable<JinjaExpression> Defaults(IEnumerable<JinjaParameter> parameters) => parameters.Select(p => p.Default).OfType<JinjaExpression>();
}
