using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace ModelPack.Jinja;

/// <summary>The expressions, from the loosest operator to the tightest.</summary>
internal sealed partial class JinjaParser
{
    private static readonly string[] s_comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private JinjaExpression Expression(bool withConditional = true)
    {
        using var level = Enter();
        return withConditional ? Conditional() : Or();
    }

    /// <summary>One expression, or several with commas between them: a tuple.</summary>
    private JinjaExpression TupleOrValue(bool withConditional)
    {
        var line = Current.Line;
        var first = Expression(withConditional);
        if (!Current.Is(","))
        {
            return first;
        }

        var items = new List<JinjaExpression> { first };
        while (TakeIf(",") && !EndsTuple())
        {
            items.Add(Expression(withConditional));
        }

        return new JinjaSequence(line, IsTuple: true, items);
    }

    private bool EndsTuple() => Current.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd || Current.Is(")");

    private JinjaExpression Conditional()
    {
        var line = Current.Line;
        var value = Or();
        for (var links = 0; Current.Is("if"); links++)
        {
            Take();
            var condition = Or();
            JinjaExpression? otherwise = null;
            if (TakeIf("else"))
            {
                using var level = Enter();
                otherwise = Conditional();
            }

            value = Linked(new JinjaConditional(line, condition, value, otherwise), links);
        }

        return value;
    }

    private JinjaExpression Or() => LeftToRight(And, "or");

    private JinjaExpression And() => LeftToRight(Not, "and");

    private JinjaExpression Not()
    {
        if (!Current.Is("not"))
        {
            return Comparison();
        }

        using var level = Enter();
        var line = Take().Line;
        return new JinjaUnary(line, "not", Not());
    }

    /// <summary><c>a &lt; b &lt; c</c> is <c>a &lt; b and b &lt; c</c>; what stands between must then be simple, for it is written twice.</summary>
    private JinjaExpression Comparison()
    {
        var line = Current.Line;
        var left = Sum();
        JinjaExpression? chain = null;
        for (var links = 0; ComparisonOperator() is { } comparison; links++)
        {
            if (links > 0 && left is not (JinjaName or JinjaConstant))
            {
                throw new JinjaException(line, "a chained comparison of more than names and constants");
            }

            var right = Sum();
            var link = new JinjaBinary(line, comparison, left, right);
            chain = chain is null ? link : Linked(new JinjaBinary(line, "and", chain, link), links);
            left = right;
        }

        return chain ?? left;
    }

    private string? ComparisonOperator()
    {
        if (Current.Kind == JinjaTokenKind.Operator && s_comparisons.Contains(Current.Text))
        {
            return Take().Text;
        }

        if (TakeIf("in"))
        {
            return "in";
        }

        if (Current.Is("not") && _tokens[_at + 1].Is("in"))
        {
            _at += 2;
            return "not in";
        }

        return null;
    }

    private JinjaExpression Sum() => LeftToRight(Concat, "+", "-");

    private JinjaExpression Concat()
    {
        var line = Current.Line;
        var first = Product();
        if (!Current.Is("~"))
        {
            return first;
        }

        var items = new List<JinjaExpression> { first };
        while (TakeIf("~"))
        {
            items.Add(Product());
        }

        return new JinjaConcat(line, items);
    }

    private JinjaExpression Product() => LeftToRight(Power, "*", "/", "//", "%");

    private JinjaExpression Power() => LeftToRight(() => Unary(withFilter: true), "**");

    private JinjaExpression Unary(bool withFilter)
    {
        if (Current.Is("-") || Current.Is("+"))
        {
            using var level = Enter();
            var sign = Take();
            var operand = Unary(withFilter: false);
            JinjaExpression value = (sign.Text, operand) switch
            {
                ("-", JinjaConstant { Value: long number }) => new JinjaConstant(sign.Line, -number),
                ("-", JinjaConstant { Value: double number }) => new JinjaConstant(sign.Line, -number),
                _ => new JinjaUnary(sign.Line, sign.Text, operand),
            };
            return withFilter ? FiltersAndTests(Postfix(value)) : Postfix(value);
        }

        var primary = Postfix(Primary());
        return withFilter ? FiltersAndTests(primary) : primary;
    }

    private JinjaExpression Primary()
    {
        var token = Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new JinjaConstant(token.Line, true),
                    "false" or "False" => new JinjaConstant(token.Line, false),
                    "none" or "None" => new JinjaConstant(token.Line, null),
                    _ => new JinjaName(token.Line, token.Text),
                };
            case JinjaTokenKind.String:
                var text = token.Text;
                while (Current.Kind == JinjaTokenKind.String)
                {
                    text += Take().Text;
                }

                return new JinjaConstant(token.Line, text);
            case JinjaTokenKind.Integer:
                return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var integer)
                    ? new JinjaConstant(token.Line, integer)
                    : throw new JinjaException(token.Line, "an integer beyond 64 bits");
            case JinjaTokenKind.Float:
                return double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsInfinity(number)
                    ? new JinjaConstant(token.Line, number)
                    : throw new JinjaException(token.Line, "a number out of range");
            case JinjaTokenKind.Operator when token.Text == "(":
                if (TakeIf(")"))
                {
                    return new JinjaSequence(token.Line, IsTuple: true, []);
                }

                var inside = TupleOrValue(withConditional: true);
                ExpectWord(")");
                return inside;
            case JinjaTokenKind.Operator when token.Text == "[":
                return new JinjaSequence(token.Line, IsTuple: false, Items("]", () => Expression()));
            case JinjaTokenKind.Operator when token.Text == "{":
                return new JinjaMap(token.Line, Items("}", Entry));
            default:
                _at--;
                throw Unexpected("an expression");
        }
    }

    private (JinjaExpression, JinjaExpression) Entry()
    {
        var key = Expression();
        ExpectWord(":");
        return (key, Expression());
    }

    private List<T> Items<T>(string end, Func<T> read)
    {
        var items = new List<T>();
        while (!Current.Is(end))
        {
            if (items.Count > 0)
            {
                ExpectWord(",");
                if (Current.Is(end))
                {
                    break;
                }
            }

            items.Add(read());
        }

        ExpectWord(end);
        return items;
    }

    private JinjaExpression Postfix(JinjaExpression value)
    {
        for (var links = 0; ; links++)
        {
            var line = Current.Line;
            if (TakeIf("."))
            {
                value = Linked(Current.Kind == JinjaTokenKind.Integer
                    ? new JinjaItem(line, value, Primary())
                    : new JinjaAttribute(line, value, Expect(JinjaTokenKind.Name, "an attribute").Text), links);
            }
            else if (TakeIf("["))
            {
                value = Linked(Subscript(line, value), links);
            }
            else if (Current.Is("("))
            {
                value = Linked(new JinjaCall(line, value, Arguments()), links);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression Subscript(int line, JinjaExpression target)
    {
        var start = Current.Is(":") ? null : TupleOrValue(withConditional: true);
        if (!TakeIf(":"))
        {
            ExpectWord("]");
            return new JinjaItem(line, target, start!);
        }

        var stop = Current.Is(":") || Current.Is("]") ? null : Expression();
        var step = TakeIf(":") && !Current.Is("]") ? Expression() : null;
        ExpectWord("]");
        return new JinjaSlice(line, target, start, stop, step);
    }

    private JinjaArguments Arguments()
    {
        ExpectWord("(");
        var positional = new List<JinjaExpression>();
        var named = new List<(string, JinjaExpression)>();
        foreach (var (name, value) in Items(")", Argument))
        {
            if (name is not null)
            {
                named.Add((name, value));
            }
            else if (named.Count > 0)
            {
                throw new JinjaException(value.Line, "an argument without a name behind one that has a name");
            }
            else
            {
                positional.Add(value);
            }
        }

        return new(positional, named);
    }

    private (string? Name, JinjaExpression Value) Argument()
    {
        if (Current.Is("*") || Current.Is("**"))
        {
            throw new JinjaException(Current.Line, "arguments unpacked with '*'");
        }

        if (Current.Kind == JinjaTokenKind.Name && _tokens[_at + 1].Is("="))
        {
            var name = Take().Text;
            Take();
            return (name, Expression());
        }

        return (null, Expression());
    }

    private JinjaExpression FiltersAndTests(JinjaExpression value)
    {
        for (var links = 0; ; links++)
        {
            if (TakeIf("|"))
            {
                value = Linked(Filter(value), links);
            }
            else if (TakeIf("is"))
            {
                value = Linked(Test(value), links);
            }
            else if (Current.Is("("))
            {
                value = Linked(new JinjaCall(Current.Line, value, Arguments()), links);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaFilter Filter(JinjaExpression? value)
    {
        var name = Expect(JinjaTokenKind.Name, "a filter");
        return new(name.Line, value, JinjaSubset.FilterName(name.Text), Current.Is("(") ? Arguments() : JinjaArguments.Empty);
    }

    /// <summary>Filters of a block: the first has no value, the others the one before; here they are a list.</summary>
    private List<JinjaFilter> Filters(JinjaExpression? value)
    {
        var filters = new List<JinjaFilter>();
        do
        {
            filters.Add(Filter(value));
        }
        while (TakeIf("|"));
        return filters;
    }

    private JinjaExpression Test(JinjaExpression value)
    {
        var negated = TakeIf("not");
        var name = Current.Is("in") || Current.Kind == JinjaTokenKind.Operator && s_comparisons.Contains(Current.Text) ? Take() : Expect(JinjaTokenKind.Name, "a test");
        var arguments = JinjaArguments.Empty;
        if (Current.Is("("))
        {
            arguments = Arguments();
        }
        else if (Current.Is("is"))
        {
            throw new JinjaException(Current.Line, "tests in a row with 'is'");
        }
        else if (Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float || Current.Is("[") || Current.Is("{")
            || (Current.Kind == JinjaTokenKind.Name && Current.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "recursive")))
        {
            arguments = new([Postfix(Primary())], []);
        }

        JinjaExpression test = new JinjaTest(name.Line, value, JinjaSubset.TestName(name.Text), arguments);
        return negated ? new JinjaUnary(name.Line, "not", test) : test;
    }

    private JinjaExpression LeftToRight(Func<JinjaExpression> operand, params string[] operators)
    {
        var left = operand();
        for (var links = 0; Current.Kind is JinjaTokenKind.Operator or JinjaTokenKind.Name && operators.Contains(Current.Text); links++)
        {
            var token = Take();
            left = Linked(new JinjaBinary(token.Line, token.Text, left, operand()), links);
        }

        return left;
    }

    /// <summary>Chains are as deep as they are long.</summary>
    private static JinjaExpression Linked(JinjaExpression value, int links) =>
        links < 4 * MaxDepth ? value : throw new JinjaException(value.Line, $"an expression of more than {4 * MaxDepth} parts in a row");
}
