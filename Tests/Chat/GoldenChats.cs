using System.Text.Json;
using ModelPack.Templates;

namespace ModelPack.Tests.Chat;

/// <summary>The 16 templates and 12 conversations of ../shared/templates, and what Jinja2 makes of them.</summary>
internal static class GoldenChats
{
    public static readonly DateTime Now = new(2026, 7, 26, 12, 0, 0);

    public static readonly string[] Templates =
    [
        "HuggingFaceTB-SmolLM3-3B", "LFM2.5-Instruct", "Mistral-Small-3.2-24B-Instruct-2506", "Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B", "Qwen3.5-4B",
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "google-gemma-2-2b-it", "google-gemma-4-31B-it", "ibm-granite-granite-3.3-2B-Instruct", "meta-llama-Llama-3.1-8B-Instruct",
        "meta-llama-Llama-3.2-3B-Instruct", "microsoft-Phi-3.5-mini-instruct", "mistralai-Ministral-3-14B-Reasoning-2512", "mistralai-Mistral-Nemo-Instruct-2407", "openai-gpt-oss-120b",
    ];

    public static readonly string[] Cases =
        ["user", "system", "turns", "no_prompt", "tools", "tool_result", "parts", "thinking_off", "reasoning", "two_users", "empty", "assistant_first"];

    public static string Source(string template) => File.ReadAllText(SharedData.Path($"templates/{template}.jinja"));

    /// <summary>The variables of a conversation, as Hugging Face passes them.</summary>
    public static TemplateMap Variables(string name)
    {
        using var cases = JsonDocument.Parse(File.ReadAllText(SharedData.Path("templates/cases.json")));
        var conversation = TemplateJsonReader.Read(cases.RootElement.GetProperty(name).GetRawText(), "the case");
        var variables = new TemplateMap().With("add_generation_prompt", true).With("bos_token", "<s>").With("eos_token", "</s>");
        foreach (var (key, value) in conversation.Entries.Entries)
        {
            variables[key.Text] = value;
        }

        return variables;
    }

    /// <summary>Renders all conversations and compares with the golden text or error.</summary>
    public static void AssertEqual(string template, ChatTemplate rendered)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Path("templates/golden.json")));
        var expected = golden.RootElement.GetProperty(template);
        Assert.Equal(Cases.Order(StringComparer.Ordinal), expected.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var name in Cases)
        {
            var result = expected.GetProperty(name);
            if (result.TryGetProperty("error", out var error))
            {
                var raised = Assert.Throws<ModelPackException>(() => rendered.Run(Variables(name), () => Now));
                Assert.Contains(error.GetString()!, raised.Text, StringComparison.Ordinal);
                Assert.Equal(error.GetString()!.StartsWith("TemplateError", StringComparison.Ordinal) ? MpCodes.ChatRefused : MpCodes.ChatTemplateFailed, raised.Code);
            }
            else
            {
                Assert.Equal(result.GetProperty("text").GetString(), Render(name));
            }
        }

        string Render(string name)
        {
            try
            {
                return rendered.Run(Variables(name), () => Now).Text;
            }
            catch (ModelPackException e)
            {
                return $"{name}: {e.Message}";
            }
        }
    }
}
