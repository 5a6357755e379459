namespace ModelPack.Tests.Chat;

public sealed class ToolCallParserTests
{
    private const string Zurich = """{"city": "Zürich", "unit": "c"}""";

    [Theory]
    [InlineData("Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\", \"unit\": \"c\"}}\n</tool_call>", "Let me see.")]
    [InlineData("<tool_call>\n<function=get_weather>\n<parameter=city>\nZürich\n</parameter>\n<parameter=unit>\nc\n</parameter>\n</function>\n</tool_call>", "")]
    [InlineData("{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Zürich\", \"unit\": \"c\"}}", "")]
    [InlineData("<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Zürich\", \"unit\": \"c\"}}", "")]
    [InlineData("[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\", \"unit\": \"c\"}}]", "")]
    [InlineData("[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Zürich\", \"unit\": \"c\"}", "")]
    [InlineData("<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\", \"unit\": \"c\"}}]", "")]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|>Zürich<|\"|>,unit:<|\"|>c<|\"|>}<tool_call|>", "")]
    [InlineData("<|tool_call_start|>[get_weather(city=\"Zürich\", unit='c')]<|tool_call_end|>", "")]
    [InlineData("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Zürich\", \"unit\": \"c\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "<｜tool▁calls▁begin｜>")]
    [InlineData("<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Zürich\", \"unit\": \"c\"}", "<|channel|>commentary")]
    public void One_call_in_each_published_form(string text, string content)
    {
        var calls = 0;
        var (rest, found) = ToolCallParser.Parse(text, ref calls);
        Assert.Equal(new("call00001", "get_weather", Zurich), Assert.Single(found));
        Assert.Equal(content, rest);
    }

    [Theory]
    [InlineData("<tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": {\"x\": [1, {\"y\": null}]}}</tool_call>")]
    [InlineData("<tool_call>\n<function=a>\n</function>\n</tool_call>\n<tool_call>\n<function=b>\n<parameter=x>\n[1, {\"y\": null}]\n</parameter>\n</function>\n</tool_call>")]
    [InlineData("{\"name\": \"a\", \"parameters\": {}}; {\"name\": \"b\", \"parameters\": {\"x\": [1, {\"y\": null}]}}")]
    [InlineData("[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{\"x\": [1, {\"y\": null}]}")]
    [InlineData("<|tool_call>call:a{}<tool_call|><|tool_call>call:b{x:[1,{y:null}]}<tool_call|>")]
    [InlineData("<|tool_call_start|>[a(), b(x=[1, {'y': None}])]<|tool_call_end|>")]
    public void Several_calls(string text)
    {
        var calls = 7;
        var found = ToolCallParser.Parse(text, ref calls).Calls;
        Assert.Equal([new("call00008", "a", "{}"), new("call00009", "b", """{"x": [1, {"y": null}]}""")], found);
    }

    [Theory]
    [InlineData("[TOOL_CALLS]f[CALL_ID]abcdefghi[ARGS]{}")]
    [InlineData("[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {}, \"id\": \"abcdefghi\"}]")]
    public void The_models_own_id_is_kept(string text)
    {
        var calls = 0;
        Assert.Equal("abcdefghi", ToolCallParser.Parse(text, ref calls).Calls.Single().Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Plain text with {\"name\": \"x\", \"arguments\": {}} in it.")]
    [InlineData("{\"city\": \"Zürich\"}")]
    [InlineData("{\"name\": 1, \"arguments\": {}}")]
    [InlineData("{\"name\": \"x\", \"arguments\": [1]}")]
    [InlineData("{\"name\": \"x\", \"arguments\": {")]
    [InlineData("<tool_call>")]
    [InlineData("<tool_call>not json</tool_call>")]
    [InlineData("[TOOL_CALLS]")]
    [InlineData("[TOOL_CALLS]x[ARGS]")]
    [InlineData("<|tool_call>call:x{a")]
    [InlineData("<|tool_call>call:x{a:<|\"|>b")]
    [InlineData("<|tool_call_start|>[x(a=")]
    [InlineData("<|tool_call_start|>[x(a")]
    [InlineData(" to=functions.x")]
    [InlineData("<｜tool▁call▁begin｜>function")]
    public void Anything_else_is_text(string text)
    {
        var calls = 0;
        var (content, found) = ToolCallParser.Parse(text, ref calls);
        Assert.Empty(found);
        Assert.Equal(text, content);
    }

    [Fact]
    public void Calls_cut_anywhere_are_text_or_calls()
    {
        foreach (var row in typeof(ToolCallParserTests).GetMethods().SelectMany(m => m.GetCustomAttributes(typeof(InlineDataAttribute), false)).Cast<InlineDataAttribute>())
        {
            var text = (string)row.Data[0]!;
            for (var length = 0; length <= text.Length; length++)
            {
                var calls = 0;
                ToolCallParser.Parse(text[..length], ref calls);
            }
        }
    }
}
