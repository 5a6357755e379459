using ModelPack.Compiler.Chat;
using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Tests.Chat;

/// <summary>Which characters came from messages stays known through everything that a template does with them.</summary>
public sealed class LiteralTextTests
{
    /// <summary>Characters of messages are shown in capitals; the message is "ab cd".</summary>
    [Theory]
    [InlineData("<{{ m }}>", "<AB CD>")]
    [InlineData("{{ '<' + m + '>' }}", "<AB CD>")]
    [InlineData("{{ '<' ~ m ~ '>' }}", "<AB CD>")]
    [InlineData("{{ m[1:4] + 'x' }}", "B Cx")]
    [InlineData("{{ m[0] + 'x' }}", "Ax")]
    [InlineData("{{ m[::-1] + 'x' }}", "DC BAx")]
    [InlineData("{{ m.split(' ') | join('x') }}", "ABxCD")]
    [InlineData("{{ m.replace('b', 'x') }}", "Ax CD")]
    [InlineData("{{ 'x-y'.replace('-', m) }}", "xAB CDy")]
    [InlineData("{{ ('x' + m).strip('xa') }}", "B CD")]
    [InlineData("{{ m | trim }}x", "AB CDx")]
    [InlineData("{{ [m, 'x'] }}", "['AB CD', 'x']")]
    [InlineData("{{ {'k': m} | tojson }}", "{\"k\": \"AB CD\"}")]
    [InlineData("{% set x %}<{{ m }}>{% endset %}{{ x + '!' }}", "<AB CD>!")]
    [InlineData("{% macro f(a) %}({{ a }}){% endmacro %}{{ f(m) }}", "(AB CD)")]
    [InlineData("{% for c in m %}{{ c }},{% endfor %}", "A,B, ,C,D,")]
    [InlineData("{{ 'x' if m == 'ab cd' else 'y' }}", "x")]
    [InlineData("{{ '%s!' % m }}", "AB CD!")]
    [InlineData("{{ m * 2 }}", "AB CDAB CD")]
    [InlineData("{{ m | indent(1, true) }}", " AB CD")]
    [InlineData("{{ m | lower }}x", "AB CDx")]
    [InlineData("{{ m.partition(' ')[2] ~ 'x' }}", "CDx")]
    [InlineData("{{ m | safe + '<' }}", "AB CD&lt;")]
    public void A_messages_text_is_known(string template, string shown)
    {
        var variables = new TemplateMap().With("m", TemplateValue.LiteralText("ab cd"));
        foreach (var form in new ChatTemplate[] { new TemplateInterpreter(JinjaParser.Parse(template)), GeneratedTemplateTests.Compile(template) })
        {
            var result = form.Run(variables, () => GoldenChats.Now);
            var characters = result.Text.ToCharArray();
            for (var i = 0; i < result.Literal.Length; i += 2)
            {
                for (var at = result.Literal[i]; at < result.Literal[i + 1]; at++)
                {
                    characters[at] = char.ToUpperInvariant(characters[at]);
                }
            }

            Assert.Equal(shown, new(characters));
        }
    }
}
