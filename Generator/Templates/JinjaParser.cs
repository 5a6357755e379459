using System.Collections.Generic;
using System.Linq;

namespace ModelPack.Jinja;

/// <summary>
/// Recursive descent after Jinja2's parser.py (BSD-3): the statements. What chat templates do not use (inheritance, includes, recursive loops, autoescape) is refused with its name.
/// </summary>
internal sealed partial class JinjaParser
{
    /// <summary>Deepest nesting of statements and expressions; translating and running them is recursive.</summary>
    internal const int MaxDepth = 64;

    private static readonly string[] s_foreign = ["extends", "block", "include", "import", "from", "autoescape", "trans", "do", "debug", "super"];

    private readonly List<JinjaToken> _tokens;
    private int _at;
    private int _depth;
    private int _loops;

    private JinjaParser(List<JinjaToken> tokens) => _tokens = tokens;

    private JinjaToken Current => _tokens[_at];

    /// <summary>Parses a template and checks that all of it is translated.</summary>
    /// <exception cref="JinjaException">It is no Jinja, or beyond the subset.</exception>
    public static JinjaTemplate Parse(string template)
    {
        var parser = new JinjaParser(JinjaLexer.Run(template));
        var body = parser.Statements([]);
        JinjaSubset.Check(body);
        return new(body);
    }

    /// <summary>Statements up to a block whose name is one of <paramref name="ends"/>; its name is the current token then.</summary>
    private List<JinjaStatement> Statements(string[] ends)
    {
        var body = new List<JinjaStatement>();
        using var level = Enter();
        while (true)
        {
            var token = Take();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new JinjaText(token.Line, token.Text));
                    break;
                case JinjaTokenKind.VariableBegin:
                    body.Add(new JinjaOutput(token.Line, TupleOrValue(withConditional: true)));
                    Expect(JinjaTokenKind.VariableEnd, "'}}'");
                    break;
                case JinjaTokenKind.BlockBegin when Current.Kind == JinjaTokenKind.Name && ends.Contains(Current.Text):
                    return body;
                case JinjaTokenKind.BlockBegin:
                    body.Add(Statement());
                    break;
                default:
                    return ends.Length == 0 ? body : throw new JinjaException(token.Line, $"the end of the template; expected a block '{string.Join("' or '", ends)}'");
            }
        }
    }

    private JinjaStatement Statement()
    {
        var token = Expect(JinjaTokenKind.Name, "the name of a block");
        switch (token.Text)
        {
            case "if":
                return If(token.Line);
            case "for":
                return For(token.Line);
            case "set":
                return Set(token.Line);
            case "macro":
                return Macro(token.Line);
            case "call":
                return CallBlock(token.Line);
            case "filter":
                var filters = Filters(null);
                return new JinjaFilterBlock(token.Line, filters, Body("endfilter"));
            case "with":
                return With(token.Line);
            case "generation":
                return new JinjaWith(token.Line, [], Body("endgeneration"));
            case "break" or "continue" when _loops > 0:
                EndBlock();
                return new JinjaJump(token.Line, token.Text == "break");
            case var foreign when s_foreign.Contains(foreign):
                throw new JinjaException(token.Line, $"the block '{foreign}'");
            default:
                throw new JinjaException(token.Line, $"the block '{token.Text}', which has no meaning here");
        }
    }

    private JinjaIf If(int line)
    {
        var branches = new List<(JinjaExpression, IReadOnlyList<JinjaStatement>)>();
        while (true)
        {
            var condition = TupleOrValue(withConditional: false);
            EndBlock();
            branches.Add((condition, Statements(["elif", "else", "endif"])));
            var next = Take().Text;
            if (next == "elif")
            {
                continue;
            }

            IReadOnlyList<JinjaStatement> otherwise = [];
            if (next == "else")
            {
                EndBlock();
                otherwise = Statements(["endif"]);
                Take();
            }

            EndBlock();
            return new(line, branches, otherwise);
        }
    }

    private JinjaFor For(int line)
    {
        var targets = Names("in");
        ExpectWord("in");
        var iterable = TupleOrValue(withConditional: false);
        var condition = TakeIf("if") ? Expression() : null;
        if (Current.Is("recursive"))
        {
            throw new JinjaException(Current.Line, "a recursive loop");
        }

        EndBlock();
        _loops++;
        var body = Statements(["else", "endfor"]);
        _loops--;
        IReadOnlyList<JinjaStatement> otherwise = [];
        if (Take().Text == "else")
        {
            EndBlock();
            otherwise = Statements(["endfor"]);
            Take();
        }

        EndBlock();
        return new(line, targets, iterable, condition, body, otherwise);
    }

    private JinjaStatement Set(int line)
    {
        var first = Expect(JinjaTokenKind.Name, "a name to set").Text;
        var attribute = TakeIf(".") ? Expect(JinjaTokenKind.Name, "an attribute").Text : null;
        if (TakeIf("="))
        {
            var value = TupleOrValue(withConditional: true);
            EndBlock();
            return new JinjaSet(line, [first], attribute, value);
        }

        if (attribute is null && Current.Is(","))
        {
            var names = new List<string> { first };
            while (TakeIf(","))
            {
                names.Add(Expect(JinjaTokenKind.Name, "a name to set").Text);
            }

            ExpectWord("=");
            var value = TupleOrValue(withConditional: true);
            EndBlock();
            return new JinjaSet(line, names, null, value);
        }

        IReadOnlyList<JinjaFilter> filters = TakeIf("|") ? Filters(null) : [];
        return new JinjaSetBlock(line, first, attribute, filters, Body("endset"));
    }

    private JinjaMacro Macro(int line)
    {
        var name = Expect(JinjaTokenKind.Name, "a macro's name").Text;
        var parameters = Parameters();
        return new(line, name, parameters, Body("endmacro"));
    }

    private JinjaCallBlock CallBlock(int line)
    {
        IReadOnlyList<JinjaParameter> parameters = Current.Is("(") ? Parameters() : [];
        var call = Expression() as JinjaCall ?? throw new JinjaException(line, "a block 'call' without a call");
        return new(line, call, parameters, Body("endcall"));
    }

    private JinjaWith With(int line)
    {
        var values = new List<(string, JinjaExpression)>();
        while (Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                ExpectWord(",");
            }

            var name = Expect(JinjaTokenKind.Name, "a name").Text;
            ExpectWord("=");
            values.Add((name, Expression()));
        }

        return new(line, values, Body("endwith"));
    }

    private List<JinjaParameter> Parameters()
    {
        var parameters = new List<JinjaParameter>();
        ExpectWord("(");
        while (!Current.Is(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectWord(",");
            }

            var name = Expect(JinjaTokenKind.Name, "a parameter").Text;
            parameters.Add(new(name, TakeIf("=") ? Expression() : null));
        }

        ExpectWord(")");
        return parameters;
    }

    /// <summary>The rest of the block's tag, its body, and its end.</summary>
    private List<JinjaStatement> Body(string end)
    {
        EndBlock();
        // What is captured cannot be left by a jump to the loop around it.
        var loops = _loops;
        _loops = end is "endwith" or "endgeneration" ? loops : 0;
        var body = Statements([end]);
        _loops = loops;
        Take();
        // A macro's or call's end may repeat its name.
        if (Current.Kind == JinjaTokenKind.Name && end is "endmacro")
        {
            Take();
        }

        EndBlock();
        return body;
    }

    /// <summary>Names with commas between them, in parentheses or not.</summary>
    private List<string> Names(string end)
    {
        var names = new List<string>();
        var closed = TakeIf("(");
        do
        {
            if (names.Count > 0 && (Current.Is(end) || Current.Is(")")))
            {
                break;
            }

            var token = Expect(JinjaTokenKind.Name, "a name (tuples inside of tuples are not translated)");
            names.Add(token.Text);
        }
        while (TakeIf(","));
        if (closed)
        {
            ExpectWord(")");
        }

        return names;
    }

    private JinjaToken Take() => _tokens[_at < _tokens.Count - 1 ? _at++ : _at];

    private bool TakeIf(string text)
    {
        var taken = Current.Is(text);
        _at += taken ? 1 : 0;
        return taken;
    }

    private void ExpectWord(string text)
    {
        if (!TakeIf(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    private JinjaToken Expect(JinjaTokenKind kind, string what) => Current.Kind == kind ? Take() : throw Unexpected(what);

    private void EndBlock() => Expect(JinjaTokenKind.BlockEnd, "'%}'");

    private JinjaException Unexpected(string expected) => new(Current.Line, $"{Current} where {expected} is expected");

    private Level Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new JinjaException(Current.Line, $"blocks and expressions inside each other, more than {MaxDepth} deep");
        }

        return new(this);
    }

    private readonly struct Level(JinjaParser parser) : System.IDisposable
    {
        public void Dispose() => parser._depth--;
    }
}
