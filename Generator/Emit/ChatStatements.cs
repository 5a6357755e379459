using System.Collections.Generic;
using System.Linq;
using ModelPack.Jinja;

namespace ModelPack.Generator.Emit;

/// <summary>Prints a template's statements: loops as loops, macros as lambdas, names as variables.</summary>
internal sealed class ChatStatements
{
    private readonly CodeWriter _code = new();
    private readonly NameTable _names = new(
        "t", "Filters", "Tests", "NoElse", "None", "Of", "List", "Tuple", "Map", "Concat", "FloorDivide", "Power", "Function", "Render", "Run",
        "Equals", "GetHashCode", "GetType", "ToString", "MemberwiseClone", "Finalize", "ReferenceEquals");

    private readonly List<(string Name, string Variable)> _inputs = [];
    private readonly ChatScope _root = new(null);
    private readonly ChatExpressions _expressions;

    /// <summary>The line that the context has been told; 0: unknown, since statements may have been skipped.</summary>
    private int _line;

    private ChatStatements() => _expressions = new(Input);

    /// <summary>Prints a template's body; what it takes from outside is declared at the top.</summary>
    public static string Emit(JinjaTemplate template)
    {
        var statements = new ChatStatements();
        statements.ScopeBody(template.Body, statements._root);
        var code = new CodeWriter();
        foreach (var (name, variable) in statements._inputs)
        {
            code.Line($"var {variable} = t.Variable({ChatText.Literal(name)});");
        }

        return code.ToString() + statements._code;
    }

    private string Input(string name)
    {
        var variable = Variable(name);
        _inputs.Add((name, variable));
        _root.Add(name, variable);
        return variable;
    }

    /// <summary>A C# variable for a name; no two in the method are the same, so that none hides another.</summary>
    private string Variable(string name) => _names.Unique(ChatText.Name(name));

    /// <summary>The statements of a scope, after the variables of what it sets.</summary>
    private void ScopeBody(IReadOnlyList<JinjaStatement> body, ChatScope scope, ChatScope? outer = null)
    {
        var inPlace = ChatScope.DeclaredInPlace(body);
        foreach (var name in ChatScope.Stores(body).Where(n => !scope.Has(n) && !inPlace.Contains(n)))
        {
            var before = outer?.Find(name, out var isLoop) is { } variable ? variable + (isLoop ? ".Value" : "") : $"t.Variable({ChatText.Literal(name)})";
            var own = Variable(name);
            _code.Line($"var {own} = {before};");
            scope.Add(name, own);
        }

        Body(body, scope);
    }

    private void Body(IReadOnlyList<JinjaStatement> body, ChatScope scope)
    {
        foreach (var statement in body)
        {
            Line(statement);
            Statement(statement, scope);
        }
    }

    private void Line(JinjaStatement statement)
    {
        if (statement.Line != _line && statement is not (JinjaText or JinjaMacro or JinjaJump or JinjaWith or JinjaOutput { Value: JinjaConstant } or JinjaSet { Value: JinjaConstant, Attribute: null }))
        {
            _line = statement.Line;
            _code.Line($"t.Line = {CSharpText.Integer(_line)};");
        }
    }

    private void Statement(JinjaStatement statement, ChatScope scope)
    {
        switch (statement)
        {
            case JinjaText s:
                Write(s.Text);
                break;
            case JinjaOutput { Value: JinjaConstant { Value: string text } }:
                Write(text);
                break;
            case JinjaOutput s:
                _code.Line($"t.Write({_expressions.Value(s.Value, scope)});");
                break;
            case JinjaIf s:
                If(s, scope);
                break;
            case JinjaFor s:
                For(s, scope);
                break;
            case JinjaSet s:
                Set(s, scope);
                break;
            case JinjaSetBlock s:
                Capture(s.Body, scope);
                Assign(s.Target, s.Attribute, Filtered(s.Filters, scope), scope);
                break;
            case JinjaMacro s:
                // The variable first: the macro may call itself.
                var macro = Target(s.Name, scope, out var isNew);
                Macro($"{(isNew ? "var " : "")}{macro} = ", s.Name, s.Parameters, s.Body, scope);
                break;
            case JinjaCallBlock s:
                var caller = _names.Unique("callBody");
                Macro($"var {caller} = ", "caller", s.Parameters, s.Body, scope);
                _code.Line($"t.Write({_expressions.Call(s.Call, scope, caller)});");
                break;
            case JinjaFilterBlock s:
                Capture(s.Body, scope);
                _code.Line($"t.Write({Filtered(s.Filters, scope)});");
                break;
            case JinjaWith s:
                With(s, scope);
                break;
            case JinjaJump s:
                _code.Line(s.IsBreak ? "break;" : "continue;");
                break;
            default:
                throw new System.InvalidOperationException($"{statement.GetType().Name} is not printed.");
        }
    }

    private void Write(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        var pieces = ChatText.Lines(text);
        if (pieces.Count == 1)
        {
            _code.Line($"t.Write({pieces[0]});");
            return;
        }

        _code.Line("t.Write(");
        using (_code.Indent())
        {
            for (var i = 0; i < pieces.Count; i++)
            {
                _code.Line((i > 0 ? "+ " : "") + pieces[i] + (i == pieces.Count - 1 ? ");" : ""));
            }
        }
    }

    private void If(JinjaIf s, ChatScope scope)
    {
        for (var i = 0; i < s.Branches.Count; i++)
        {
            using (_code.Block($"{(i > 0 ? "else " : "")}if ({_expressions.Value(s.Branches[i].Condition, scope)})"))
            {
                _line = i == 0 ? _line : 0;
                Body(s.Branches[i].Body, scope);
            }
        }

        if (s.Otherwise.Count > 0)
        {
            using (_code.Block("else"))
            {
                _line = 0;
                Body(s.Otherwise, scope);
            }
        }

        _line = 0;
    }

    private void For(JinjaFor s, ChatScope scope)
    {
        var items = _expressions.Value(s.Iterable, scope);
        if (s.Condition is { } condition)
        {
            var probe = new ChatScope(scope);
            var item = s.Targets.Count == 1 ? Variable(s.Targets[0]) : _names.Unique("item");
            probe.Add(s.Targets[0], item);
            for (var i = 0; i < s.Targets.Count && s.Targets.Count > 1; i++)
            {
                probe.Add(s.Targets[i], $"{item}.Unpack({CSharpText.Integer(s.Targets.Count)})[{CSharpText.Integer(i)}]");
            }

            items = $"t.Where({items}, {item} => {_expressions.Value(condition, probe)})";
        }

        var loop = Variable("loop");
        _code.Line($"var {loop} = t.Loop({items});");
        using (_code.Block($"while ({loop}.MoveNext())"))
        {
            _line = 0;
            var turn = new ChatScope(scope);
            turn.Add("loop", loop, isLoop: true);
            Targets(s.Targets, loop + ".Current", turn);
            ScopeBody(s.Body, turn, scope);
        }

        if (s.Otherwise.Count > 0)
        {
            using (_code.Block($"if ({loop}.IsEmpty)"))
            {
                _line = 0;
                ScopeBody(s.Otherwise, new(scope), scope);
            }
        }

        _line = 0;
    }

    /// <summary>Declares a loop's variables.</summary>
    private void Targets(IReadOnlyList<string> targets, string value, ChatScope scope)
    {
        if (targets.Count > 1)
        {
            var items = _names.Unique("items");
            _code.Line($"var {items} = {value}.Unpack({CSharpText.Integer(targets.Count)});");
            value = items;
        }

        for (var i = 0; i < targets.Count; i++)
        {
            var variable = Variable(targets[i]);
            _code.Line($"var {variable} = {value}{(targets.Count > 1 ? $"[{CSharpText.Integer(i)}]" : "")};");
            scope.Add(targets[i], variable);
        }
    }

    private void Set(JinjaSet s, ChatScope scope)
    {
        if (s.Targets.Count == 1)
        {
            Assign(s.Targets[0], s.Attribute, _expressions.Value(s.Value, scope), scope);
            return;
        }

        var items = _names.Unique("items");
        _code.Line($"var {items} = {_expressions.Operand(s.Value, scope)}.Unpack({CSharpText.Integer(s.Targets.Count)});");
        for (var i = 0; i < s.Targets.Count; i++)
        {
            Assign(s.Targets[i], null, $"{items}[{CSharpText.Integer(i)}]", scope);
        }
    }

    private void Assign(string target, string? attribute, string value, ChatScope scope)
    {
        if (attribute is not null)
        {
            _code.Line($"{_expressions.Operand(new JinjaName(0, target), scope)}.Set({ChatText.Literal(attribute)}, {value});");
            return;
        }

        var variable = Target(target, scope, out var isNew);
        _code.Line($"{(isNew ? "var " : "")}{variable} = {value};");
    }

    /// <summary>The variable to assign to. A new one is only made where <see cref="ChatScope.DeclaredInPlace"/> says so; all others are there already.</summary>
    private string Target(string name, ChatScope scope, out bool isNew)
    {
        isNew = !scope.Has(name);
        if (isNew)
        {
            scope.Add(name, Variable(name));
        }

        return scope.Find(name, out _)!;
    }

    private void Capture(IReadOnlyList<JinjaStatement> body, ChatScope scope)
    {
        _code.Line("t.BeginCapture();");
        using (_code.Block("", "}"))
        {
            ScopeBody(body, new(scope), scope);
        }
    }

    private string Filtered(IReadOnlyList<JinjaFilter> filters, ChatScope scope) =>
        filters.Aggregate("t.EndCapture()", (value, filter) => _expressions.Filter(value, filter, scope));

    private void With(JinjaWith s, ChatScope scope)
    {
        var values = s.Values.Select(v => (v.Name, Value: _expressions.Value(v.Value, scope))).ToList();
        using (_code.Block(""))
        {
            var inner = new ChatScope(scope);
            foreach (var (name, value) in values)
            {
                var variable = Variable(name);
                _code.Line($"var {variable} = {value};");
                inner.Add(name, variable);
            }

            ScopeBody(s.Body, inner, scope);
        }
    }

    private void Macro(string assignment, string name, IReadOnlyList<JinjaParameter> parameters, IReadOnlyList<JinjaStatement> body, ChatScope scope)
    {
        var inner = new ChatScope(scope);
        var arguments = _names.Unique("arguments");
        var caller = Variable("caller");
        inner.Add("caller", caller);
        var list = string.Join(", ", parameters.Select(p => ChatText.Literal(p.Name)));
        using (_code.Block($"{assignment}t.Macro({ChatText.Literal(name)}, [{list}], ({arguments}, {caller}) =>", "});"))
        {
            _line = 0;
            for (var i = 0; i < parameters.Count; i++)
            {
                var index = CSharpText.Integer(i);
                var value = parameters[i].Default is { } otherwise
                    ? $"{arguments}.Has({index}) ? {arguments}[{index}] : {_expressions.Operand(otherwise, inner)}"
                    : $"{arguments}[{index}]";
                var variable = Variable(parameters[i].Name);
                _code.Line($"var {variable} = {value};");
                inner.Add(parameters[i].Name, variable);
            }

            ScopeBody(body, inner, scope);
        }

        _line = 0;
    }
}
