using ModelPack.Compiler.Chat;
using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Tests.Chat;

/// <summary>Which characters came from messages stays known through everything that a template does with them.</summary>
public sealed class LiteralTextTests
{
    /// <summary>A template, and what it makes of the message "ab cd", whose characters are shown in capitals.</summary>
    private static readonly (string Template, string Shown)[] s_cases =
    [
        ("<{{ m }}>", "<AB CD>"),
        ("{{ '<' + m + '>' }}", "<AB CD>"),
        ("{{ '<' ~ m ~ '>' }}", "<AB CD>"),
        ("{{ m[1:4] + 'x' }}", "B Cx"),
        ("{{ m[0] + 'x' }}", "Ax"),
        ("{{ m[::-1] + 'x' }}", "DC BAx"),
        ("{{ m.split(' ') | join('x') }}", "ABxCD"),
        ("{{ m.replace('b', 'x') }}", "Ax CD"),
        ("{{ 'x-y'.replace('-', m) }}", "xAB CDy"),
        ("{{ ('x' + m).strip('xa') }}", "B CD"),
        ("{{ m | trim }}x", "AB CDx"),
        ("{{ [m, 'x'] }}", "['AB CD', 'x']"),
        ("{{ {'k': m} | tojson }}", "{\"k\": \"AB CD\"}"),
        ("{% set x %}<{{ m }}>{% endset %}{{ x + '!' }}", "<AB CD>!"),
        ("{% macro f(a) %}({{ a }}){% endmacro %}{{ f(m) }}", "(AB CD)"),
        ("{% for c in m %}{{ c }},{% endfor %}", "A,B, ,C,D,"),
        ("{{ 'x' if m == 'ab cd' else 'y' }}", "x"),
        ("{{ '%s!' % m }}", "AB CD!"),
        ("{{ m * 2 }}", "AB CDAB CD"),
        ("{{ m | indent(1, true) }}", " AB CD"),
        ("{{ m | lower }}x", "AB CDx"),
        ("{{ m.partition(' ')[2] ~ 'x' }}", "CDx"),
        ("{{ m | safe + '<' }}", "AB CD&lt;"),
    ];

    [Fact]
    public void A_messages_text_is_known()
    {
        var variables = new TemplateMap().With("m", TemplateValue.LiteralText("ab cd"));
        var generated = GeneratedTemplateTests.CompileEach(s_cases.Select(c => c.Template));
        foreach (var ((template, shown), compiled) in s_cases.Zip(generated))
        {
            Assert.Equal((template, shown), (template, Show(compiled.Run(variables, () => GoldenChats.Now))));
            Assert.Equal((template, shown), (template, Show(new TemplateInterpreter(JinjaParser.Parse(template)).Run(variables, () => GoldenChats.Now))));
        }
    }

    private static string Show(TemplateValue result)
    {
        var characters = result.Text.ToCharArray();
        for (var i = 0; i < result.Literal.Length; i += 2)
        {
            for (var at = result.Literal[i]; at < result.Literal[i + 1]; at++)
            {
                characters[at] = char.ToUpperInvariant(characters[at]);
            }
        }

        return new(characters);
    }
}
