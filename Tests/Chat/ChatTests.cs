using ModelPack.Compiler.Chat;
using ModelPack.Jinja;
using ModelPack.Templates;
using ModelPack.Tests.Generation;

namespace ModelPack.Tests.Chat;

/// <summary>Conversations over a session that writes what a test wants it to.</summary>
public sealed class ChatTests : IDisposable
{
    /// <summary>A line per message: role, colon, text; tools in front, calls behind.</summary>
    private const string Template =
        "{% if tools %}T:{% for t in tools %}{{ t.function.name }}{% endfor %}{{ '\n' }}{% endif %}"
        + "{% for m in messages %}{% if m.content == 'bad' %}{{ raise_exception('no ' + m.content) }}{% endif %}{{ m.role }}:{{ m.content }}"
        + "{% for c in m.tool_calls %}[{{ c.function.name }} {{ c.function.arguments | tojson }} {{ c.id }}]{% endfor %}{{ '\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}assistant:{% endif %}{{ mood }}";

    private readonly FakeTokenizer _tokenizer = new(addsBos: false);
    private readonly List<FakeSession> _sessions = [];

    public void Dispose() => Assert.All(_sessions, s => Assert.True(s.IsDisposed));

    [Fact]
    public void A_turn_appends_and_what_was_there_stays_in_the_cache()
    {
        using var chat = Chat(new() { SystemPrompt = "Be kind." }, _ => "Hello");
        Assert.Null(chat.LastReply);
        Assert.Equal("Hello", chat.Send("Hi"));
        Assert.Equal(0, chat.LastStatistics!.ReusedTokens);
        Assert.Equal([new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello")], chat.History);
        var before = chat.Render();
        Assert.Equal("system:Be kind.\nuser:Hi\nassistant:Hello\nassistant:", before);

        chat.Send("And you?");
        // All up to the end of the answer; the line end behind it the model had not seen.
        Assert.Equal("system:Be kind.\nuser:Hi\nassistant:Hello".Length, chat.LastStatistics!.ReusedTokens);
        Assert.Equal(before.Length + "user:And you?\n".Length, chat.LastStatistics.PromptTokens);
        Assert.Equal("Hello", chat.LastReply!.Content);
    }

    [Fact]
    public async Task A_stream_has_the_same_text_and_ends_in_the_same_history()
    {
        using var chat = Chat(new(), _ => "Grüße, 🙂!");
        var text = "";
        await foreach (var piece in chat.SendAsync("Hi", cancellationToken: TestContext.Current.CancellationToken))
        {
            text += piece;
        }

        Assert.Equal("Grüße, 🙂!", text);
        Assert.Equal(text, chat.LastReply!.Content);
    }

    [Fact]
    public async Task Cancelling_and_leaving_a_stream_take_the_turn_back_and_the_chat_goes_on()
    {
        using var chat = Chat(new(), _ => "Hello");
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var piece in chat.SendAsync("Hi", cancellationToken: cancelled.Token))
            {
                cancelled.Cancel();
            }
        });
        Assert.Empty(chat.History);

        await foreach (var piece in chat.SendAsync("Hi", cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(MpCodes.GeneratorBusy, Assert.Throws<ModelPackException>(() => chat.Send("Me too")).Code);
            Assert.Equal(MpCodes.GeneratorBusy, Assert.Throws<ModelPackException>(() => chat.Add(new(ChatRole.User, "x"))).Code);
            break;
        }

        Assert.Empty(chat.History);
        Assert.Equal("Hello", chat.Send("Hi"));
        Assert.Equal(2, chat.History.Count);
    }

    [Fact]
    public void What_the_template_refuses_leaves_the_conversation_as_it_was()
    {
        using var chat = Chat(new(), _ => "Hello");
        chat.Send("Hi");
        var raised = Assert.Throws<ModelPackException>(() => chat.Send("bad"));
        Assert.Equal(MpCodes.ChatRefused, raised.Code);
        Assert.Contains("no bad", raised.Text, StringComparison.Ordinal);
        Assert.Equal(2, chat.History.Count);
        chat.Send("Well");
        Assert.Equal(4, chat.History.Count);
        chat.Clear();
        Assert.Empty(chat.History);
    }

    [Fact]
    public void Options_of_a_call_stand_in_for_those_of_the_chat()
    {
        using var chat = Chat(new() { Generate = new() { MaxTokens = 2 } }, _ => "Hello");
        Assert.Equal("He", chat.Send("Hi"));
        Assert.Equal("Hel", chat.Send("Hi", new() { MaxTokens = 3 }));
        Assert.Equal("H", chat.Send("Hi", new() { StopStrings = ["ello"] }));
        Assert.Equal("H", chat.LastReply!.Content);
    }

    [Fact]
    public void Tools_go_in_calls_come_out_and_results_go_back()
    {
        var options = new ChatOptions { Tools = [new("get_weather", "Weather of a place.", """{"type": "object", "properties": {"city": {"type": "string"}}}""")] };
        using var chat = Chat(options, prompt => prompt.Contains("tool:", StringComparison.Ordinal) ? "Sunny." : "Wait.<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\"}}</tool_call>");
        chat.Send("Weather?");
        var reply = chat.LastReply!;
        Assert.Equal("Wait.", reply.Content);
        var call = Assert.Single(reply.ToolCalls);
        Assert.Equal(new("call00001", "get_weather", "{\"city\": \"Zürich\"}"), call);

        chat.AddToolResult(call, "21 °C");
        Assert.Equal("Sunny.", chat.Continue());
        Assert.Equal(
            "T:get_weather\nuser:Weather?\nassistant:Wait.[get_weather {\"city\": \"Zürich\"} call00001]\ntool:21 °C\nassistant:Sunny.\nassistant:",
            chat.Render());
        Assert.Equal(MpCodes.ChatMessageMisplaced, Assert.Throws<ModelPackException>(() => chat.AddToolResult(new("x", "get_weather", "{}"), "")).Code);
        Assert.Equal("get_weather", chat.History[2].ToolName);
    }

    [Fact]
    public void Without_tools_an_answer_is_text_whatever_it_looks_like()
    {
        const string Call = "<tool_call>{\"name\": \"x\", \"arguments\": {}}</tool_call>";
        using var chat = Chat(new(), _ => Call);
        Assert.Equal(Call, chat.Send("Hi"));
        Assert.Empty(chat.LastReply!.ToolCalls);
        Assert.Equal(Call, chat.LastReply.Content);
    }

    [Fact]
    public void Variables_reach_the_template_and_others_are_MP5101()
    {
        using var chat = Chat(new() { Variables = new Dictionary<string, object?> { ["mood"] = "!", ["a"] = 1, ["b"] = 2L, ["c"] = 1.5, ["d"] = 1.5f, ["e"] = true, ["f"] = null } }, _ => "Hello");
        Assert.Equal("assistant:!", chat.Render());
        Assert.Equal(MpCodes.OptionOutOfRange, Assert.Throws<ModelPackException>(() => new ChatOptions { Variables = new Dictionary<string, object?> { ["x"] = new object() } }).Code);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("1")]
    public void A_tools_parameters_must_be_a_json_object(string schema) =>
        Assert.Equal(MpCodes.ChatJsonMalformed, Assert.Throws<ModelPackException>(() => new ChatTool("x", "y", schema)).Code);

    [Fact]
    public void Time_comes_from_the_options()
    {
        var template = new TemplateInterpreter(JinjaParser.Parse("{{ strftime_now('%d %B %Y, %H:%M') }}"));
        var prompt = new ChatPrompt(template, _tokenizer, new() { Clock = new FixedClock() });
        Assert.Equal("26 July 2026, 12:00", prompt.Render([]).Text);
    }

    /// <param name="answer">What the model says to a prompt.</param>
    private ModelPack.Chat Chat(ChatOptions options, Func<string, string> answer)
    {
        var session = new FakeSession(_tokenizer.VocabularySize, 4096, ids =>
        {
            // The prompt ends with "assistant:"; what is behind it is the answer so far.
            var text = _tokenizer.Decode([.. ids]);
            var start = text.LastIndexOf("assistant:", StringComparison.Ordinal) + "assistant:".Length;
            var given = System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, start));
            var wanted = System.Text.Encoding.UTF8.GetBytes(answer(text[..start]));
            var row = new float[_tokenizer.VocabularySize];
            row[ids.Count - given < wanted.Length ? wanted[ids.Count - given] : FakeTokenizer.Eos] = 10;
            return row;
        });
        _sessions.Add(session);
        return new(new(session, _tokenizer), _tokenizer, new Writing(Template), options);
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(GoldenChats.Now, TimeSpan.Zero);
    }

    /// <summary>As the generated class is for a template that writes calls.</summary>
    private sealed class Writing(string source) : ChatTemplate
    {
        private readonly TemplateInterpreter _interpreter = new(JinjaParser.Parse(source));

        protected internal override bool WritesToolCalls => true;

        protected override void Render(TemplateContext t) => _interpreter.RenderInto(t);
    }
}
