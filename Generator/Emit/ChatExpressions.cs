using System.Collections.Generic;
using System.Linq;
using ModelPack.Jinja;

namespace ModelPack.Generator.Emit;

/// <summary>Prints a template's expressions over the runtime's values, whose operators mean what Python's mean.</summary>
/// <param name="variable">The C# variable of a name that no scope has: one of the template's inputs.</param>
internal sealed class ChatExpressions(System.Func<string, string> variable)
{
    private static readonly string[] s_loopMembers =
        ["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem"];

    /// <summary>An expression of the runtime's type, fit to be an operand.</summary>
    public string Operand(JinjaExpression expression, ChatScope scope) => expression switch
    {
        JinjaConstant { Value: not null } => $"Of({Argument(expression, scope)})",
        JinjaBinary { Operator: not ("in" or "**" or "//") } or JinjaConditional or JinjaUnary => $"({Argument(expression, scope)})",
        _ => Argument(expression, scope),
    };

    /// <summary>An expression of the runtime's type, on its own.</summary>
    public string Value(JinjaExpression expression, ChatScope scope) =>
        expression is JinjaConstant { Value: not null } ? Operand(expression, scope) : Argument(expression, scope);

    /// <summary>An expression where C# converts constants.</summary>
    public string Argument(JinjaExpression expression, ChatScope scope)
    {
        string Inner(JinjaExpression e) => Operand(e, scope);
        string Bare(JinjaExpression e) => Argument(e, scope);
        string List(IEnumerable<JinjaExpression> items) => string.Join(", ", items.Select(Bare));
        string Bound(JinjaExpression? e) => e is null ? "None" : Bare(e);
        switch (expression)
        {
            case JinjaConstant e:
                return Constant(e.Value);
            case JinjaName e:
                return Name(e.Name, scope);
            case JinjaSequence e:
                return $"{(e.IsTuple ? "Tuple" : "List")}({List(e.Items)})";
            case JinjaMap e:
                return $"Map({string.Join(", ", e.Entries.Select(entry => $"({Bare(entry.Key)}, {Bare(entry.Value)})"))})";
            case JinjaAttribute { Target: JinjaName loop } e when scope.Find(loop.Name, out var isLoop) is { } name && isLoop && s_loopMembers.Contains(e.Name):
                return $"{name}.{NameTable.PascalCase(e.Name)}";
            case JinjaAttribute e:
                return $"{Inner(e.Target)}.Get({ChatText.Literal(e.Name)})";
            case JinjaItem e:
                return $"{Inner(e.Target)}[{Bare(e.Index)}]";
            case JinjaSlice e:
                return $"{Inner(e.Target)}.Slice({Bound(e.Start)}, {Bound(e.Stop)}, {Bound(e.Step)})";
            case JinjaCall e:
                return Call(e, scope);
            case JinjaFilter e:
                return Filter(Bare(e.Value!), e, scope);
            case JinjaTest e:
                return $"Tests.{NameTable.PascalCase(e.Name)}({Bare(e.Value)}{Arguments(", ", e.Arguments, scope)})";
            case JinjaUnary e:
                return (e.Operator == "not" ? "!" : e.Operator) + Inner(e.Value);
            case JinjaBinary e:
                return Binary(e, scope);
            case JinjaConcat e:
                return $"Concat({List(e.Items)})";
            case JinjaConditional e:
                return $"{Inner(e.Condition)} ? {Inner(e.Then)} : {(e.Otherwise is null ? $"NoElse({CSharpText.Integer(e.Line)})" : Inner(e.Otherwise))}";
            default:
                throw new System.InvalidOperationException($"{expression.GetType().Name} is not printed.");
        }
    }

    /// <param name="caller">The C# variable of a call block's body.</param>
    public string Call(JinjaCall call, ChatScope scope, string? caller = null) => call.Target is JinjaAttribute method
        ? $"{Operand(method.Target, scope)}.Invoke({ChatText.Literal(method.Name)}{Arguments(", ", call.Arguments, scope, caller)})"
        : $"{Operand(call.Target, scope)}.Call({Arguments("", call.Arguments, scope, caller)})";

    /// <summary>A filter applied to what is already C#.</summary>
    public string Filter(string value, JinjaFilter filter, ChatScope scope)
    {
        var arguments = filter.Arguments;
        var position = JinjaSubset.NameArgument(filter, out var isTest);
        if (position < 0)
        {
            return $"Filters.{NameTable.PascalCase(filter.Name)}({value}{Arguments(", ", arguments, scope)})";
        }

        var name = (string)((JinjaConstant)arguments.Positional[position]).Value!;
        var function = isTest ? "Tests." + NameTable.PascalCase(JinjaSubset.TestName(name)) : "Filters." + NameTable.PascalCase(JinjaSubset.FilterName(name));
        var positional = arguments.Positional.Select((a, i) => i == position ? $"Function({ChatText.Literal(name)}, {function})" : Argument(a, scope));
        return $"Filters.{NameTable.PascalCase(filter.Name)}({value}, {New(positional, arguments.Named.Select(n => (n.Name, Argument(n.Value, scope))))})";
    }

    private static string Constant(object? value) => value switch
    {
        null => "None",
        string text => ChatText.Literal(text),
        bool truth => truth ? "true" : "false",
        _ => ChatText.Number(value),
    };

    private static string New(IEnumerable<string> positional, IEnumerable<(string Name, string Value)> named) =>
        $"new([{string.Join(", ", positional)}]{string.Concat(named.Select(n => $", ({ChatText.Literal(n.Name)}, {n.Value})"))})";

    private string Name(string name, ChatScope scope) => (scope.Find(name, out var isLoop) ?? variable(name)) + (isLoop ? ".Value" : "");

    private string Arguments(string separator, JinjaArguments arguments, ChatScope scope, string? caller = null)
    {
        var named = arguments.Named.Select(n => (n.Name, Argument(n.Value, scope)));
        return arguments.IsEmpty && caller is null ? ""
            : separator + New(arguments.Positional.Select(a => Argument(a, scope)), caller is null ? named : named.Append(("caller", caller)));
    }

    private string Binary(JinjaBinary e, ChatScope scope)
    {
        // C# groups these from the left, too: no parentheses are needed.
        var isChain = e.Operator is "+" or "and" or "or" && e.Left is JinjaBinary before && before.Operator == e.Operator;
        var left = isChain ? Argument(e.Left, scope) : Operand(e.Left, scope);
        switch (e.Operator)
        {
            case "in":
                return $"{left}.In({Argument(e.Right, scope)})";
            case "not in":
                return $"!{left}.In({Argument(e.Right, scope)})";
            case "//":
                return $"FloorDivide({left}, {Argument(e.Right, scope)})";
            case "**":
                return $"Power({left}, {Argument(e.Right, scope)})";
            case "and" or "or":
                return $"{left} {(e.Operator == "and" ? "&&" : "||")} {Operand(e.Right, scope)}";
            default:
                var right = e.Right is JinjaConstant { Value: not null } ? Argument(e.Right, scope) : Operand(e.Right, scope);
                return $"{left} {e.Operator} {right}";
        }
    }
}
