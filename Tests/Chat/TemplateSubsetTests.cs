using System.Reflection;
using ModelPack.Compiler.Chat;
using ModelPack.Jinja;
using ModelPack.Templates;

namespace ModelPack.Tests.Chat;

public sealed class TemplateSubsetTests
{
    [Theory]
    [InlineData("x\n{% include 'a' %}", 2, "block 'include'")]
    [InlineData("{% extends 'a' %}", 1, "block 'extends'")]
    [InlineData("{% for a in b recursive %}{% endfor %}", 1, "recursive loop")]
    [InlineData("{% break %}", 1, "block 'break'")]
    [InlineData("\n\n{{ x | pprint }}", 3, "filter 'pprint'")]
    [InlineData("{{ x | map('pprint') }}", 1, "filter 'pprint'")]
    [InlineData("{{ x | map(y) }}", 1, "not a constant")]
    [InlineData("{{ x | select('odder') }}", 1, "test 'odder'")]
    [InlineData("{{ x is odder }}", 1, "test 'odder'")]
    [InlineData("{{ x.format(1) }}", 1, "method 'format()'")]
    [InlineData("{{ f(*a) }}", 1, "unpacked")]
    [InlineData("{{ \"\\N{DASH}\" }}", 1, "\\N")]
    [InlineData("{{ x", 1, "not closed")]
    [InlineData("{# x", 1, "not closed")]
    [InlineData("{% raw %} x", 1, "raw")]
    [InlineData("{{ 'x }}", 1, "not closed")]
    [InlineData("{% if x %}\n", 1, "'endif'")]
    [InlineData("{{ ) }}", 1, "closes nothing")]
    [InlineData("{{ a ? b }}", 1, "U+003F")]
    [InlineData("{{ a < b() < c }}", 1, null)]
    [InlineData("{{ a < b.c < d }}", 1, "chained comparison")]
    [InlineData("{% set loop = 1 %}", 1, "'loop'")]
    [InlineData("{{ 99999999999999999999 }}", 1, "64 bits")]
    public void What_is_beyond_the_subset_is_named_with_its_line(string template, int line, string? what)
    {
        if (what is null)
        {
            what = "chained comparison";
        }

        var raised = Assert.Throws<JinjaException>(() => JinjaParser.Parse(template));
        Assert.Equal(line, raised.Line);
        Assert.Contains(what, raised.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ ", "-", "1", "", " }}")]
    [InlineData("{{ ", "[", "1", "]", " }}")]
    [InlineData("{{ ", "a if b else ", "1", "", " }}")]
    [InlineData("", "{% if a %}", "1", "{% endif %}", "")]
    [InlineData("{{ 1", " + 1", "", "", " }}")]
    [InlineData("{{ a", ".b", "", "", " }}")]
    [InlineData("{{ a", " | trim", "", "", " }}")]
    public void Nesting_and_chains_have_a_limit(string before, string open, string middle, string close, string after)
    {
        string Nested(int times) => before + string.Concat(Enumerable.Repeat(open, times)) + middle + string.Concat(Enumerable.Repeat(close, times)) + after;
        JinjaParser.Parse(Nested(20));
        Assert.Throws<JinjaException>(() => JinjaParser.Parse(Nested(20_000)));
    }

    [Fact]
    public void Every_filter_and_test_of_the_subset_is_in_the_runtime_and_in_the_interpreter()
    {
        AssertSame(JinjaSubset.Filters, typeof(ChatTemplate.Filters), TemplateFunctions.FiltersByName);
        AssertSame(JinjaSubset.Tests, typeof(ChatTemplate.Tests), TemplateFunctions.TestsByName);
    }

    [Fact]
    public void Text_made_of_tags_in_any_order_parses_or_is_refused()
    {
        string[] parts = ["{{", "}}", "{%", "%}", "{#", "#}", "-", " if ", " endif ", " for ", " in ", " set ", "x", "'", "\"", "(", ")", "[", "]", "{", "}", "|", ".", "=", "\n", "1", " raw ", " endraw ", "~", ","];
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var template = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                JinjaParser.Parse(template);
            }
            catch (JinjaException e)
            {
                Assert.InRange(e.Line, 1, template.Count(c => c == '\n') + 1);
            }
        }
    }

    private static void AssertSame(string[] names, Type functions, IReadOnlyDictionary<string, TemplateFunction> table)
    {
        Assert.Equal(names, table.Keys);
        Assert.Equal(
            names.Select(n => char.ToUpperInvariant(n[0]) + n[1..]).Order(StringComparer.Ordinal),
            functions.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly).Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.All(table, pair => Assert.Equal(pair.Key, pair.Value.Method.Name, ignoreCase: true));
    }
}
