using System.Runtime.CompilerServices;

namespace ModelPack.Templates;

/// <summary>
/// How much work a rendering may still do: templates come with model files, and one that loops without end must not hang the application.
/// A unit is a character copied or compared; a turn of a loop, or a call, counts a hundred. One budget a thread, for the rendering that runs on it.
/// </summary>
internal sealed class TemplateBudget
{
    /// <summary>Two and a half million turns of loops, or 268 million characters copied: a second or so.</summary>
    internal const long Units = 1L << 28;

    internal const int Step = 100;

    [ThreadStatic]
    private static TemplateBudget? t_current;

    private long _left = Units;
    private int _calls;

    /// <summary>Begins a rendering on this thread; dispose of the result at its end.</summary>
    public static RenderingScope Begin()
    {
        var outer = t_current;
        t_current = new();
        return new(outer);
    }

    /// <summary>Counts work; outside a rendering (where messages become values) nothing is counted.</summary>
    public static void Spend(int units)
    {
        if (t_current is { } budget && (budget._left -= units) < 0)
        {
            throw TemplateErrors.Limit("takes too long: it loops without end, or makes ever longer texts");
        }
    }

    /// <summary>Within the result a macro runs.</summary>
    public static CallScope EnterCall()
    {
        Spend(Step);
        var budget = t_current ?? throw new InvalidOperationException("A macro is called outside a rendering.");
        if (budget._calls >= TemplateValue.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateErrors.Limit($"has more than {TemplateValue.MaxDepth} macros that call each other");
        }

        budget._calls++;
        return new(budget);
    }

    internal readonly struct RenderingScope(TemplateBudget? outer) : IDisposable
    {
        public void Dispose() => t_current = outer;
    }

    internal readonly struct CallScope(TemplateBudget budget) : IDisposable
    {
        public void Dispose() => budget._calls--;
    }
}
