using System.Collections.Generic;
using System.Linq;
using ModelPack.Jinja;

namespace ModelPack.Generator.Emit;

/// <summary>
/// A scope of a template, its names and their C# variables. As in Jinja2, what a scope sets is its own from its beginning: it starts as what the scope around has.
/// </summary>
internal sealed class ChatScope(ChatScope? outer)
{
    private readonly Dictionary<string, string> _variables = [];

    /// <summary>Names that are loops: variables of another type than all others.</summary>
    private readonly HashSet<string> _loops = [];

    public void Add(string name, string variable, bool isLoop = false)
    {
        _variables[name] = variable;
        if (isLoop)
        {
            _loops.Add(name);
        }
    }

    /// <summary>Whether the scope itself has a variable for the name.</summary>
    public bool Has(string name) => _variables.ContainsKey(name);

    public string? Find(string name, out bool isLoop)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables.TryGetValue(name, out var variable))
            {
                isLoop = scope._loops.Contains(name);
                return variable;
            }
        }

        isLoop = false;
        return null;
    }

    private ChatScope? Outer => outer;

    /// <summary>Names that a body sets in its scope, in order of appearance; branches belong to it, loops and macros have their own.</summary>
    public static IEnumerable<string> Stores(IEnumerable<JinjaStatement> body) => body.SelectMany(statement => statement switch
    {
        JinjaIf s => s.Branches.SelectMany(b => Stores(b.Body)).Concat(Stores(s.Otherwise)),
        JinjaSet or JinjaSetBlock => JinjaWalk.Stores(statement),
        JinjaMacro s => [s.Name],
        _ => [],
    }).Distinct();

    /// <summary>Those of <see cref="Stores"/> that can be declared where they are set: nothing before speaks of them, and they are always set.</summary>
    public static HashSet<string> DeclaredInPlace(IEnumerable<JinjaStatement> body)
    {
        var inPlace = new HashSet<string>();
        var seen = new HashSet<string>();
        foreach (var statement in body)
        {
            var name = statement switch
            {
                JinjaSet { Attribute: null, Targets.Count: 1 } s => s.Targets[0],
                JinjaSetBlock { Attribute: null } s => s.Target,
                JinjaMacro s => s.Name,
                _ => null,
            };
            if (name is not null && !seen.Contains(name) && !MentionsItself(statement, name))
            {
                inPlace.Add(name);
            }

            seen.UnionWith(JinjaWalk.Mentions(statement));
        }

        return inPlace;
    }

    private static bool MentionsItself(JinjaStatement statement, string name) =>
        JinjaWalk.Expressions([statement]).OfType<JinjaName>().Any(n => n.Name == name)
        || JinjaWalk.Bodies(statement).SelectMany(JinjaWalk.Statements).SelectMany(JinjaWalk.Stores).Contains(name);
}
