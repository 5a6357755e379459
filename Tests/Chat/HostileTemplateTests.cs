using ModelPack.Compiler.Chat;
using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Tests.Chat;

/// <summary>Templates come with model files: none may hang, overflow the stack or fill the memory.</summary>
public sealed class HostileTemplateTests
{
    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}")]
    [InlineData("{% set n = namespace(x='ab') %}{% for i in range(99999) %}{% set n.x = n.x + n.x %}{% endfor %}")]
    [InlineData("{% set n = namespace(x=['ab']) %}{% for i in range(99999) %}{% set n.x = n.x + n.x %}{% endfor %}")]
    [InlineData("{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}")]
    [InlineData("{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x | tojson }}")]
    [InlineData("{% set n = namespace(x=[], y=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% endfor %}{{ n.x == n.y }}")]
    [InlineData("{% set n = namespace(x=[], y=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% endfor %}{{ n.x < n.y }}")]
    [InlineData("{% set n = namespace() %}{% set n.n = n %}{{ n }}")]
    [InlineData("{{ 'a' * 99999999999 }}")]
    [InlineData("{{ [1] * 99999999999 }}")]
    [InlineData("{{ 'a'.center(2000000000) }}")]
    [InlineData("{{ ('a' * 100000).replace('', 'b' * 100000) }}")]
    [InlineData("{{ ('a' * 100000) | indent(1000000000, true) }}")]
    [InlineData("{{ range(99999999) }}")]
    [InlineData("{{ 9223372036854775807 + 1 }}")]
    [InlineData("{{ 3 ** 9223372036854775807 }}")]
    [InlineData("{% for i in range(99999) %}{{ 'abcdefghij' * 100000 }}{% endfor %}")]
    [InlineData("{% macro f(c) %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f(1) %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}")]
    public void A_template_that_asks_for_too_much_is_stopped(string template) =>
        Assert.Equal(MpCodes.ChatTemplateLimit, Assert.Throws<ModelPackException>(() => Render(template)).Code);

    [Fact]
    public void Recursion_is_stopped_on_a_small_stack_too()
    {
        ModelPackException? raised = null;
        var thread = new Thread(() => raised = Assert.Throws<ModelPackException>(() => Render("{% macro f() %}{% if 1 %}{% if 1 %}{{ [[[f()]]] }}{% endif %}{% endif %}{% endmacro %}{{ f() }}")), 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(MpCodes.ChatTemplateLimit, raised!.Code);
    }

    [Theory]
    [InlineData("{\"a\": [1, 2.5, -3e2, \"x\\n\\u00e9\", true, false, null, {}], \"b\": 12345678901234567890}", """{"a": [1, 2.5, -300.0, "x\né", true, false, null, {}], "b": 1.2345678901234567e+19}""")]
    [InlineData(" [ ] ", "[]")]
    [InlineData("{\"a\":1,\"a\":2}", """{"a": 2}""")]
    public void Json_is_read_and_written(string json, string written) => Assert.Equal(written, TemplateJson.Write(TemplateJsonReader.Read(json, "it")).Text);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a: 1}")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData("\"a")]
    [InlineData("\"\\q\"")]
    [InlineData("\"\n\"")]
    [InlineData("nul")]
    [InlineData("1 2")]
    [InlineData("NaN")]
    public void What_is_no_json_is_MP5306(string json)
    {
        var raised = Assert.Throws<ModelPackException>(() => TemplateJsonReader.Read(json, "the thing"));
        Assert.Equal(MpCodes.ChatJsonMalformed, raised.Code);
        Assert.StartsWith("the thing", raised.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_json_is_MP5306() =>
        Assert.Equal(MpCodes.ChatJsonMalformed, Assert.Throws<ModelPackException>(() => TemplateJsonReader.Read(new string('[', 1_000_000), "it")).Code);

    private static string Render(string template) => new TemplateInterpreter(JinjaParser.Parse(template)).Run(new(), () => GoldenChats.Now).Text;
}
