using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Jinja;

/// <summary>What of Jinja is translated: filters, tests and methods by name. The runtime has one of each (a test holds the two to each other).</summary>
internal static class JinjaSubset
{
    public static readonly string[] Filters =
    [
        "abs", "attr", "capitalize", "center", "default", "dictsort", "escape", "first", "float", "format", "indent", "int", "items", "join", "last", "length", "list", "lower", "map",
        "max", "min", "reject", "rejectattr", "replace", "reverse", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper",
    ];

    public static readonly string[] Tests =
    [
        "boolean", "callable", "defined", "divisibleby", "eq", "escaped", "even", "false", "float", "ge", "gt", "in", "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none",
        "number", "odd", "sameas", "sequence", "string", "true", "undefined", "upper",
    ];

    /// <summary>Python's methods that are there at run time.</summary>
    private static readonly HashSet<string> s_foreignMethods =
    [
        "format", "format_map", "encode", "translate", "maketrans", "expandtabs", "isidentifier", "isprintable", "istitle", "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse",
        "update", "setdefault", "popitem", "fromkeys",
    ];

    /// <summary>One name for each of a filter's names.</summary>
    public static string FilterName(string name) => name switch
    {
        "d" => "default",
        "e" => "escape",
        "count" => "length",
        _ => name,
    };

    /// <summary>One name for each of a test's names.</summary>
    public static string TestName(string name) => name switch
    {
        "==" or "equalto" => "eq",
        "!=" => "ne",
        "<" or "lessthan" => "lt",
        "<=" => "le",
        ">" or "greaterthan" => "gt",
        ">=" => "ge",
        _ => name,
    };

    /// <summary>Where a filter's arguments have the name of another filter or test: its position, and whether it is a test; else −1.</summary>
    public static int NameArgument(JinjaFilter filter, out bool isTest)
    {
        isTest = filter.Name is "select" or "reject" or "selectattr" or "rejectattr";
        var position = filter.Name is "map" or "select" or "reject" ? 0 : isTest ? 1 : -1;
        return position >= 0 && position < filter.Arguments.Positional.Count ? position : -1;
    }

    /// <exception cref="JinjaException">Something is beyond the subset.</exception>
    public static void Check(IReadOnlyList<JinjaStatement> body)
    {
        foreach (var expression in JinjaWalk.Expressions(body))
        {
            switch (expression)
            {
                case JinjaFilter filter:
                    Check(filter);
                    break;
                case JinjaTest test when !Tests.Contains(test.Name):
                    throw new JinjaException(test.Line, $"the test '{test.Name}'");
                case JinjaCall { Target: JinjaAttribute method } when s_foreignMethods.Contains(method.Name):
                    throw new JinjaException(method.Line, $"the method '{method.Name}()'");
            }
        }

        foreach (var statement in JinjaWalk.Statements(body))
        {
            if (JinjaWalk.Stores(statement).Contains("loop"))
            {
                throw new JinjaException(statement.Line, "the name 'loop' for something else than the loop");
            }

            var parameters = statement is JinjaMacro macro ? macro.Parameters.Count : statement is JinjaCallBlock block ? block.Parameters.Count : 0;
            if (parameters > 60)
            {
                throw new JinjaException(statement.Line, $"a macro of {parameters} parameters; at most 60 are translated");
            }
        }
    }

    private static void Check(JinjaFilter filter)
    {
        if (!Filters.Contains(filter.Name))
        {
            throw new JinjaException(filter.Line, $"the filter '{filter.Name}'");
        }

        var position = NameArgument(filter, out var isTest);
        if (position < 0)
        {
            return;
        }

        if (filter.Arguments.Positional[position] is not JinjaConstant { Value: string name })
        {
            throw new JinjaException(filter.Line, $"the filter '{filter.Name}' with the name of a {(isTest ? "test" : "filter")} that is not a constant");
        }

        if (!(isTest ? Tests : Filters).Contains(isTest ? TestName(name) : FilterName(name)))
        {
            throw new JinjaException(filter.Line, $"the {(isTest ? "test" : "filter")} '{name}'");
        }
    }
}
