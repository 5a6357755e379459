using ModelPack.Compiler.Chat;
using ModelPack.Jinja;

namespace ModelPack.Tests.Chat;

public sealed class TemplateInterpreterTests
{
    public static TheoryData<string> Templates => [.. GoldenChats.Templates];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Published_templates_render_as_Jinja2_renders_them(string template) =>
        GoldenChats.AssertEqual(template, new TemplateInterpreter(JinjaParser.Parse(GoldenChats.Source(template))));

    [Fact]
    public void Small_templates_render_as_Jinja2_renders_them()
    {
        Assert.True(JinjaCases.All.Length > 400);
        foreach (var test in JinjaCases.All)
        {
            test.Check(new TemplateInterpreter(JinjaParser.Parse(test.Template)));
        }
    }
}
