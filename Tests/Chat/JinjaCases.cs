using System.Text.Json;
using ModelPack.Templates;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Chat;

/// <summary>
/// Small templates and what Jinja2 3.1.6 makes of them, in the sandbox that Hugging Face sets up: a text, or the error's type and message.
/// Made by Tests/Fixtures/jinja-cases.py.
/// </summary>
/// <param name="Template">Jinja.</param>
/// <param name="Variables">JSON.</param>
/// <param name="Text">Null for an error.</param>
/// <param name="Error">Null for a text.</param>
internal sealed record JinjaCase(string Template, string Variables, string? Text, string? Error)
{
    public void Check(ChatTemplate template)
    {
        var variables = new TemplateMap();
        foreach (var (key, value) in TemplateJsonReader.Read(Variables, "the variables").Entries.Entries)
        {
            variables[key.Text] = value;
        }

        string result;
        try
        {
            result = template.Run(variables, () => GoldenChats.Now).Text;
        }
        catch (ModelPackException e)
        {
            Assert.True(Error is not null && e.Text.Contains(Error, StringComparison.Ordinal), $"{Template}\n{e.Message}\n{Error ?? Text}");
            return;
        }

        Assert.True(result == Text, $"{Template}\ngives {result}\nnot   {Text ?? Error}");
    }
}

internal static class JinjaCases
{
    public static JinjaCase[] All { get; } = Read();

    private static JinjaCase[] Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Repository.Path("Tests", "Fixtures", "jinja-cases.json")));
        return
        [
            .. document.RootElement.EnumerateArray().SelectMany(group => group.GetProperty("cases").EnumerateArray().Select(c => new JinjaCase(
                c.GetProperty("template").GetString()!,
                group.GetProperty("variables").GetRawText(),
                c.TryGetProperty("text", out var text) ? text.GetString() : null,
                c.TryGetProperty("error", out var error) ? error.GetString() : null))),
        ];
    }
}
