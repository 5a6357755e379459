using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Compiler.Chat;

/// <summary>Evaluates a template's expressions.</summary>
internal static class TemplateExpressions
{
    public static TemplateValue Evaluate(TemplateContext t, JinjaExpression expression, TemplateScope scope)
    {
        TemplateValue Value(JinjaExpression e) => Evaluate(t, e, scope);
        TemplateValue Bound(JinjaExpression? e) => e is null ? TemplateValue.None : Value(e);
        switch (expression)
        {
            case JinjaConstant e:
                return Constant(e.Value);
            case JinjaName e:
                return scope.Get(e.Name);
            case JinjaSequence e:
                return e.IsTuple ? TemplateValue.TupleOf([.. e.Items.Select(Value)]) : TemplateValue.ListOf([.. e.Items.Select(Value)]);
            case JinjaMap e:
                return TemplateValue.Of(e.Entries.Aggregate(new TemplateMap(), (map, entry) => map.With(Value(entry.Key), Value(entry.Value))));
            case JinjaAttribute e:
                return Value(e.Target).Get(e.Name);
            case JinjaItem e:
                return Value(e.Target)[Value(e.Index)];
            case JinjaSlice e:
                return Value(e.Target).Slice(Bound(e.Start), Bound(e.Stop), Bound(e.Step));
            case JinjaCall e:
                return Call(t, e, scope);
            case JinjaFilter e:
                return Filter(t, Value(e.Value!), e, scope);
            case JinjaTest e:
                return TemplateFunctions.TestsByName[e.Name](Value(e.Value), Arguments(t, e.Arguments, scope));
            case JinjaUnary e:
                return e.Operator switch { "not" => !Value(e.Value), "-" => -Value(e.Value), _ => +Value(e.Value) };
            case JinjaBinary e:
                return Binary(e, Value);
            case JinjaConcat e:
                return TemplateValue.Concat([.. e.Items.Select(Value)]);
            case JinjaConditional e:
                return Value(e.Condition).IsTrue ? Value(e.Then)
                    : e.Otherwise is { } otherwise ? Value(otherwise)
                    : ChatTemplate.NoElse(e.Line);
            default:
                throw new InvalidOperationException($"{expression.GetType().Name} is not interpreted.");
        }
    }

    /// <param name="more">A named argument behind those of the call: the caller of a call block.</param>
    public static TemplateValue Call(TemplateContext t, JinjaCall call, TemplateScope scope, params (string, TemplateValue)[] more)
    {
        if (call.Target is JinjaAttribute method)
        {
            var target = Evaluate(t, method.Target, scope);
            return target.Invoke(method.Name, Arguments(t, call.Arguments, scope, more));
        }

        var function = Evaluate(t, call.Target, scope);
        return function.Call(Arguments(t, call.Arguments, scope, more));
    }

    public static TemplateValue Filter(TemplateContext t, TemplateValue value, JinjaFilter filter, TemplateScope scope)
    {
        var arguments = Arguments(t, filter.Arguments, scope);
        if (JinjaSubset.NameArgument(filter, out var isTest) is >= 0 and var position)
        {
            TemplateValue[] positional = [.. arguments.Positional];
            var name = positional[position].Text;
            var function = isTest ? TemplateFunctions.TestsByName[JinjaSubset.TestName(name)] : TemplateFunctions.FiltersByName[JinjaSubset.FilterName(name)];
            positional[position] = TemplateValue.Of(new TemplateCallable(name, _ => throw TemplateErrors.Type($"'{name}' is a filter or test")) { Function = function });
            arguments = new(positional, [.. arguments.Named]);
        }

        return TemplateFunctions.FiltersByName[filter.Name](value, arguments);
    }

    private static TemplateValue Constant(object? value) => value switch
    {
        null => TemplateValue.None,
        string text => text,
        long integer => integer,
        double number => number,
        bool truth => truth,
        _ => throw new InvalidOperationException($"A constant of type {value.GetType().Name}."),
    };

    private static TemplateArguments Arguments(TemplateContext t, JinjaArguments arguments, TemplateScope scope, params (string, TemplateValue)[] more) => new(
        [.. arguments.Positional.Select(a => Evaluate(t, a, scope))],
        [.. arguments.Named.Select(a => (a.Name, Evaluate(t, a.Value, scope))), .. more]);

    private static TemplateValue Binary(JinjaBinary e, Func<JinjaExpression, TemplateValue> value)
    {
        var left = value(e.Left);
        return e.Operator switch
        {
            "and" => left.IsTrue ? value(e.Right) : left,
            "or" => left.IsTrue ? left : value(e.Right),
            "==" => left == value(e.Right),
            "!=" => left != value(e.Right),
            "<" => left < value(e.Right),
            "<=" => left <= value(e.Right),
            ">" => left > value(e.Right),
            ">=" => left >= value(e.Right),
            "in" => left.In(value(e.Right)),
            "not in" => !left.In(value(e.Right)),
            "+" => left + value(e.Right),
            "-" => left - value(e.Right),
            "*" => left * value(e.Right),
            "/" => left / value(e.Right),
            "//" => TemplateValue.FloorDivide(left, value(e.Right)),
            "%" => left % value(e.Right),
            "**" => TemplateValue.Power(left, value(e.Right)),
            _ => throw new InvalidOperationException($"The operator {e.Operator} is not interpreted."),
        };
    }
}
