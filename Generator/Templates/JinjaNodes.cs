using System.Collections.Generic;

namespace ModelPack.Jinja;

/// <summary>A template, parsed and found to be within the subset.</summary>
internal sealed record JinjaTemplate(IReadOnlyList<JinjaStatement> Body);

/// <summary>An expression. <paramref name="Line"/> is 1-based.</summary>
internal abstract record JinjaExpression(int Line)
{
    /// <summary>Its parts, from left to right.</summary>
    public virtual IEnumerable<JinjaExpression> Parts => [];
}

/// <summary>A constant: a string, a long, a double, a bool, or null for none.</summary>
internal sealed record JinjaConstant(int Line, object? Value) : JinjaExpression(Line);

internal sealed record JinjaName(int Line, string Name) : JinjaExpression(Line);

/// <summary>A list or tuple.</summary>
internal sealed record JinjaSequence(int Line, bool IsTuple, IReadOnlyList<JinjaExpression> Items) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => Items;
}

internal sealed record JinjaMap(int Line, IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Entries) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts
    {
        get
        {
            foreach (var (key, value) in Entries)
            {
                yield return key;
                yield return value;
            }
        }
    }
}

internal sealed record JinjaAttribute(int Line, JinjaExpression Target, string Name) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Target];
}

internal sealed record JinjaItem(int Line, JinjaExpression Target, JinjaExpression Index) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Target, Index];
}

/// <summary><c>target[start:stop:step]</c>.</summary>
internal sealed record JinjaSlice(int Line, JinjaExpression Target, JinjaExpression? Start, JinjaExpression? Stop, JinjaExpression? Step) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts
    {
        get
        {
            yield return Target;
            foreach (var bound in new[] { Start, Stop, Step })
            {
                if (bound is not null)
                {
                    yield return bound;
                }
            }
        }
    }
}

/// <summary>Arguments of a call, filter or test.</summary>
internal sealed record JinjaArguments(IReadOnlyList<JinjaExpression> Positional, IReadOnlyList<(string Name, JinjaExpression Value)> Named)
{
    public static JinjaArguments Empty { get; } = new([], []);

    public bool IsEmpty => Positional.Count == 0 && Named.Count == 0;

    public IEnumerable<JinjaExpression> Parts
    {
        get
        {
            foreach (var value in Positional)
            {
                yield return value;
            }

            foreach (var (_, value) in Named)
            {
                yield return value;
            }
        }
    }
}

internal sealed record JinjaCall(int Line, JinjaExpression Target, JinjaArguments Arguments) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Target, .. Arguments.Parts];
}

/// <summary><c>value | name(arguments)</c>; in a filter block <paramref name="Value"/> is null.</summary>
internal sealed record JinjaFilter(int Line, JinjaExpression? Value, string Name, JinjaArguments Arguments) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => Value is null ? Arguments.Parts : [Value, .. Arguments.Parts];
}

/// <summary><c>value is name(arguments)</c>.</summary>
internal sealed record JinjaTest(int Line, JinjaExpression Value, string Name, JinjaArguments Arguments) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Value, .. Arguments.Parts];
}

/// <summary><c>not</c>, <c>-</c>, <c>+</c>.</summary>
internal sealed record JinjaUnary(int Line, string Operator, JinjaExpression Value) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Value];
}

/// <summary>Arithmetic, comparisons, <c>in</c>, <c>not in</c>, <c>and</c>, <c>or</c>.</summary>
internal sealed record JinjaBinary(int Line, string Operator, JinjaExpression Left, JinjaExpression Right) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => [Left, Right];
}

/// <summary><c>a ~ b ~ c</c>.</summary>
internal sealed record JinjaConcat(int Line, IReadOnlyList<JinjaExpression> Items) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => Items;
}

/// <summary><c>then if condition else otherwise</c>; without else, undefined.</summary>
internal sealed record JinjaConditional(int Line, JinjaExpression Condition, JinjaExpression Then, JinjaExpression? Otherwise) : JinjaExpression(Line)
{
    public override IEnumerable<JinjaExpression> Parts => Otherwise is null ? [Condition, Then] : [Condition, Then, Otherwise];
}

/// <summary>A statement. <paramref name="Line"/> is 1-based.</summary>
internal abstract record JinjaStatement(int Line);

/// <summary>Text between tags.</summary>
internal sealed record JinjaText(int Line, string Text) : JinjaStatement(Line);

internal sealed record JinjaOutput(int Line, JinjaExpression Value) : JinjaStatement(Line);

internal sealed record JinjaIf(int Line, IReadOnlyList<(JinjaExpression Condition, IReadOnlyList<JinjaStatement> Body)> Branches, IReadOnlyList<JinjaStatement> Otherwise) : JinjaStatement(Line);

/// <summary>A loop. <paramref name="Targets"/> has several names where the items are unpacked.</summary>
internal sealed record JinjaFor(
    int Line, IReadOnlyList<string> Targets, JinjaExpression Iterable, JinjaExpression? Condition, IReadOnlyList<JinjaStatement> Body, IReadOnlyList<JinjaStatement> Otherwise) : JinjaStatement(Line);

/// <summary><c>set a = value</c>, <c>set a, b = value</c>, or <c>set space.name = value</c> where <paramref name="Attribute"/> is not null.</summary>
internal sealed record JinjaSet(int Line, IReadOnlyList<string> Targets, string? Attribute, JinjaExpression Value) : JinjaStatement(Line);

/// <summary><c>set name</c> … <c>endset</c>, through filters from the first to the last.</summary>
internal sealed record JinjaSetBlock(int Line, string Target, string? Attribute, IReadOnlyList<JinjaFilter> Filters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Line);

/// <summary>Parameters of a macro or a call block, with their defaults.</summary>
internal sealed record JinjaParameter(string Name, JinjaExpression? Default);

internal sealed record JinjaMacro(int Line, string Name, IReadOnlyList<JinjaParameter> Parameters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Line);

internal sealed record JinjaCallBlock(int Line, JinjaCall Call, IReadOnlyList<JinjaParameter> Parameters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Line);

internal sealed record JinjaFilterBlock(int Line, IReadOnlyList<JinjaFilter> Filters, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Line);

/// <summary><c>with</c>, and <c>generation</c> (without names): a scope.</summary>
internal sealed record JinjaWith(int Line, IReadOnlyList<(string Name, JinjaExpression Value)> Values, IReadOnlyList<JinjaStatement> Body) : JinjaStatement(Line);

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record JinjaJump(int Line, bool IsBreak) : JinjaStatement(Line);
