using ModelPack.Tests.Build;
using ModelPack.Tests.Cli;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Chat;

/// <summary>Templates on their way from a model file to packs and to <c>modelpack run --chat</c>.</summary>
public sealed class ChatFileTests : IDisposable
{
    private const string Template = "{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}a{% endif %}";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_conversation_runs_and_its_control_tokens_are_the_templates_own()
    {
        var model = new TinyLlama().Key("tokenizer.chat_template", Template).Key("tokenizer.ggml.add_bos_token", false).Key("tokenizer.ggml.add_space_prefix", false).Write();
        // <s> a b </s> a; where a message has </s> in it, that is no end of the message (and no token of this vocabulary).
        Assert.Equal([1, 6, 2, 3], Prompt(model, """[{"role": "user", "content": "ab"}]"""));
        Assert.Equal([1, 6, 2], Prompt(model, """{"messages": [{"role": "user", "content": "ab"}], "add_generation_prompt": false}"""));
        Assert.Equal([1, 3, 0, 2, 3], Prompt(model, """[{"role": "user", "content": "a</s>"}]"""));
    }

    [Fact]
    public void Without_a_template_run_says_so() =>
        Modelpack.Refused("MP5301", Stories, "run", Stories, "--chat", _folder.Write("c.json", "[]"));

    [Fact]
    public void A_template_beyond_the_subset_is_a_warning_of_pack_and_an_error_of_run()
    {
        var model = new TinyLlama().Key("tokenizer.chat_template", "a\n{% include 'b' %}").Write();
        var packed = Modelpack.Run("pack", model, "-o", _folder["x.mpk"]);
        Assert.Equal(0, packed.ExitCode);
        Assert.StartsWith($"{model} : warning MP2301: ", packed.Errors, StringComparison.Ordinal);
        Assert.Contains("line 2: the block 'include'", packed.Errors, StringComparison.Ordinal);
        Assert.Single(packed.Errors.TrimEnd().Split('\n'));
        Modelpack.Refused("MP2301", _folder["x.mpk"], "run", _folder["x.mpk"], "--chat", _folder.Write("c.json", "[]"));
        Assert.Equal(0, Modelpack.Run("run", _folder["x.mpk"], "--prompt", "a", "--max-tokens", "1").ExitCode);
    }

    [Fact]
    public void An_endless_template_is_a_warning_too()
    {
        var model = new TinyLlama().Key("tokenizer.chat_template", new string('x', 1 << 20)).Write();
        Assert.Contains("warning MP2301: ", Modelpack.Run("pack", model, "-o", _folder["x.mpk"]).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MP3004", "{}")]
    [InlineData("MP3004", "1")]
    [InlineData("MP5306", "[")]
    public void A_conversation_that_is_none_is_refused(string code, string json) => Modelpack.Refused(code, Stories, "run", Stories, "--chat", _folder.Write("c.json", json));

    [Fact]
    public void A_missing_conversation_is_refused() => Modelpack.Refused("MP3004", Stories, "run", Stories, "--chat", _folder["none.json"]);

    private static string Stories => Repository.Path("Tests", "Fixtures", "stories260K.gguf");

    private int[] Prompt(string model, string chat)
    {
        var json = Modelpack.Ok("run", model, "--chat", _folder.Write("chat.json", chat), "--max-tokens", "1", "--json").Json;
        return [.. json.GetProperty("prompt_ids").EnumerateArray().Select(i => i.GetInt32())];
    }
}
