using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Compiler.Chat;

/// <summary>Runs a template's tree over the runtime's values: what the generated code does, without compiling it.</summary>
internal sealed class TemplateInterpreter(JinjaTemplate template) : ChatTemplate
{
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    protected override void Render(TemplateContext t) => RenderInto(t);

    /// <summary>As <see cref="Render"/>, for those that wrap it.</summary>
    internal void RenderInto(TemplateContext t) => Run(t, template.Body, new(null, t));

    private static Flow Run(TemplateContext t, IReadOnlyList<JinjaStatement> body, TemplateScope scope)
    {
        foreach (var statement in body)
        {
            if (statement is not JinjaText)
            {
                t.Line = statement.Line;
            }

            if (Run(t, statement, scope) is not Flow.Next and var flow)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private static Flow Run(TemplateContext t, JinjaStatement statement, TemplateScope scope)
    {
        switch (statement)
        {
            case JinjaText s:
                t.Write(s.Text);
                break;
            case JinjaOutput s:
                t.Write(TemplateExpressions.Evaluate(t, s.Value, scope));
                break;
            case JinjaIf s:
                return Run(t, s.Branches.FirstOrDefault(b => TemplateExpressions.Evaluate(t, b.Condition, scope).IsTrue).Body ?? s.Otherwise, scope);
            case JinjaFor s:
                return For(t, s, scope);
            case JinjaSet s:
                Set(s, TemplateExpressions.Evaluate(t, s.Value, scope), scope);
                break;
            case JinjaSetBlock s:
                var text = Filtered(t, Capture(t, s.Body, scope.Inner()), s.Filters, scope);
                Set(new(s.Line, [s.Target], s.Attribute, new JinjaConstant(s.Line, null)), text, scope);
                break;
            case JinjaMacro s:
                scope.Set(s.Name, Macro(t, s.Name, s.Parameters, s.Body, scope));
                break;
            case JinjaCallBlock s:
                t.Write(TemplateExpressions.Call(t, s.Call, scope, ("caller", Macro(t, "caller", s.Parameters, s.Body, scope))));
                break;
            case JinjaFilterBlock s:
                t.Write(Filtered(t, Capture(t, s.Body, scope.Inner()), s.Filters, scope));
                break;
            case JinjaWith s:
                var inner = scope.Inner();
                foreach (var (name, value) in s.Values)
                {
                    inner.Set(name, TemplateExpressions.Evaluate(t, value, scope));
                }

                return Run(t, s.Body, inner);
            case JinjaJump s:
                return s.IsBreak ? Flow.Break : Flow.Continue;
            default:
                throw new InvalidOperationException($"{statement.GetType().Name} is not interpreted.");
        }

        return Flow.Next;
    }

    private static Flow For(TemplateContext t, JinjaFor s, TemplateScope scope)
    {
        var items = TemplateExpressions.Evaluate(t, s.Iterable, scope);
        if (s.Condition is { } condition)
        {
            items = t.Where(items, item =>
            {
                var probe = scope.Inner();
                Assign(s.Targets, item, probe);
                return TemplateExpressions.Evaluate(t, condition, probe);
            });
        }

        var loop = t.Loop(items);
        while (loop.MoveNext())
        {
            var turn = scope.Inner();
            turn.Set("loop", loop.Value);
            Assign(s.Targets, loop.Current, turn);
            if (Run(t, s.Body, turn) == Flow.Break)
            {
                break;
            }
        }

        return loop.IsEmpty ? Run(t, s.Otherwise, scope.Inner()) : Flow.Next;
    }

    private static void Set(JinjaSet s, TemplateValue value, TemplateScope scope)
    {
        if (s.Attribute is { } attribute)
        {
            scope.Get(s.Targets[0]).Set(attribute, value);
        }
        else
        {
            Assign(s.Targets, value, scope);
        }
    }

    private static void Assign(IReadOnlyList<string> targets, TemplateValue value, TemplateScope scope)
    {
        if (targets.Count == 1)
        {
            scope.Set(targets[0], value);
            return;
        }

        var items = value.Unpack(targets.Count);
        for (var i = 0; i < items.Length; i++)
        {
            scope.Set(targets[i], items[i]);
        }
    }

    private static TemplateValue Capture(TemplateContext t, IReadOnlyList<JinjaStatement> body, TemplateScope scope)
    {
        t.BeginCapture();
        Run(t, body, scope);
        return t.EndCapture();
    }

    private static TemplateValue Filtered(TemplateContext t, TemplateValue text, IReadOnlyList<JinjaFilter> filters, TemplateScope scope)
    {
        foreach (var filter in filters)
        {
            text = TemplateExpressions.Filter(t, text, filter, scope);
        }

        return text;
    }

    private static TemplateValue Macro(TemplateContext t, string name, IReadOnlyList<JinjaParameter> parameters, IReadOnlyList<JinjaStatement> body, TemplateScope scope) =>
        t.Macro(name, [.. parameters.Select(p => p.Name)], (arguments, caller) =>
        {
            var inner = scope.Inner();
            inner.Set("caller", caller);
            for (var i = 0; i < parameters.Count; i++)
            {
                inner.Set(parameters[i].Name, !arguments.Has(i) && parameters[i].Default is { } value ? TemplateExpressions.Evaluate(t, value, inner) : arguments[i]);
            }

            Run(t, body, inner);
        });
}
