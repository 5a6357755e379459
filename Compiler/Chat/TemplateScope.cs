using ModelPack.Templates;

namespace ModelPack.Compiler.Chat;

/// <summary>Names that a template sets: of the template, of one turn of a loop, of a macro's call. What is set inside is not seen outside.</summary>
internal sealed class TemplateScope(TemplateScope? outer, TemplateContext context)
{
    private readonly Dictionary<string, TemplateValue> _values = [];

    public TemplateScope Inner() => new(this, context);

    public void Set(string name, TemplateValue value) => _values[name] = value;

    public TemplateValue Get(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return context.Variable(name);
    }

    private TemplateScope? Outer => outer;
}
