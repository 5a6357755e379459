using ModelPack.Templates;

namespace ModelPack;

/// <summary><c>{"name": …, "arguments": {…}}</c> (or <c>parameters</c>), alone, in a list, or several with a semicolon or a line end between them.</summary>
internal static class JsonCalls
{
    public static List<ParsedCall> Read(string text, int at)
    {
        var calls = new List<ParsedCall>();
        while (TemplateJsonReader.TryReadPrefix(text.AsSpan(at), out var value, out var length))
        {
            foreach (var item in value.Kind == TemplateKind.List ? value.Sequence : [value])
            {
                if (Call(item) is not { } call)
                {
                    return calls;
                }

                calls.Add(call);
            }

            at += length;
            while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] is ';'))
            {
                at++;
            }
        }

        return calls;
    }

    private static ParsedCall? Call(TemplateValue value)
    {
        if (value.Kind != TemplateKind.Map)
        {
            return null;
        }

        var function = value.Get("function") is { Kind: TemplateKind.Map } inner ? inner : value;
        var arguments = function.Get("arguments") is { IsUndefined: false } given ? given : function.Get("parameters");
        return function.Get("name") is { IsString: true, Text.Length: > 0 } name && arguments.Kind is TemplateKind.Map or TemplateKind.String
            ? new(name.Text, arguments, value.Get("id") is { IsString: true } id ? id.Text : null)
            : null;
    }
}

/// <summary><c>&lt;tool_call&gt;…&lt;/tool_call&gt;</c>: JSON inside, or <c>&lt;function=name&gt;&lt;parameter=key&gt;value</c>.</summary>
internal static class TaggedCalls
{
    private const string Open = "<tool_call>", Function = "<function=", Parameter = "<parameter=";

    public static List<ParsedCall> Read(string text, int at)
    {
        var calls = new List<ParsedCall>();
        foreach (var block in text[at..].Split(Open))
        {
            var inside = block.TrimStart();
            if (inside.StartsWith(Function, StringComparison.Ordinal))
            {
                calls.AddRange(inside.Split(Function).Skip(1).Select(Tags));
            }
            else
            {
                calls.AddRange(JsonCalls.Read(inside, 0));
            }
        }

        return calls;
    }

    /// <summary>Values that are JSON are what they say; all others are text.</summary>
    private static ParsedCall Tags(string function)
    {
        var arguments = new TemplateMap();
        foreach (var part in function.Split(Parameter).Skip(1))
        {
            var end = part.IndexOf('>', StringComparison.Ordinal);
            if (end > 0)
            {
                var value = Before(part[(end + 1)..], "</parameter>").Trim('\n');
                var isJson = TemplateJsonReader.TryReadPrefix(value, out var json, out var length) && length == value.Length && !json.IsString;
                arguments[part[..end]] = isJson ? json : TemplateValue.LiteralText(value);
            }
        }

        return new(Before(function, ">").Trim(), TemplateValue.Of(arguments));
    }

    internal static string Before(string text, string end) => text.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;
}

/// <summary><c>[TOOL_CALLS]</c> and a list, or <c>name[CALL_ID]id[ARGS]{…}</c> once for each call.</summary>
internal static class MistralCalls
{
    private const string Marker = "[TOOL_CALLS]", Id = "[CALL_ID]", Arguments = "[ARGS]";

    public static List<ParsedCall> Read(string text, int at)
    {
        var rest = text[at..];
        if (rest.TrimStart().StartsWith('['))
        {
            return JsonCalls.Read(rest, 0);
        }

        var calls = new List<ParsedCall>();
        foreach (var part in rest.Split(Marker))
        {
            var split = part.IndexOf(Arguments, StringComparison.Ordinal);
            if (split < 0 || !TemplateJsonReader.TryReadPrefix(part.AsSpan(split + Arguments.Length), out var arguments, out _))
            {
                break;
            }

            var name = part[..split].Split(Id);
            calls.Add(new(name[0].Trim(), arguments, name.Length > 1 ? name[1].Trim() : null));
        }

        return calls;
    }
}

/// <summary>A name in the text, then the arguments as JSON behind a mark.</summary>
internal static class NamedCalls
{
    /// <summary><c>function&lt;｜tool▁sep｜&gt;name</c>, then JSON between fences.</summary>
    public static List<ParsedCall> ReadDeepSeek(string text, int at)
    {
        var calls = new List<ParsedCall>();
        foreach (var part in text[at..].Split("<｜tool▁call▁begin｜>"))
        {
            var name = part.Split("<｜tool▁sep｜>") is [_, var behind, ..] ? behind : "";
            var brace = name.IndexOf('{', StringComparison.Ordinal);
            if (brace > 0 && TemplateJsonReader.TryReadPrefix(name.AsSpan(brace), out var arguments, out _))
            {
                calls.Add(new(name.Split('\n')[0].Trim(), arguments));
            }
        }

        return calls;
    }

    /// <summary><c>to=functions.name … &lt;|message|&gt;{…}</c>.</summary>
    public static List<ParsedCall> ReadHarmony(string text, int at)
    {
        var calls = new List<ParsedCall>();
        foreach (var part in text[at..].Split(" to=functions."))
        {
            const string Message = "<|message|>";
            var split = part.IndexOf(Message, StringComparison.Ordinal);
            if (split > 0 && TemplateJsonReader.TryReadPrefix(part.AsSpan(split + Message.Length), out var arguments, out _))
            {
                calls.Add(new(part[..split].Split(' ', '<')[0], arguments));
            }
        }

        return calls;
    }
}

/// <summary>Calls whose arguments are literals of a kind of their own: <c>call:name{key:value}</c>, <c>[name(key=value)]</c>.</summary>
internal static class LiteralCalls
{
    public static List<ParsedCall> ReadBraced(string text, int at)
    {
        var calls = new List<ParsedCall>();
        foreach (var part in text[at..].Split("<|tool_call>"))
        {
            var brace = part.IndexOf('{', StringComparison.Ordinal);
            if (brace > 0 && part.TrimStart().StartsWith("call:", StringComparison.Ordinal) && new ToolLiteralReader(part, brace).TryValue(out var arguments))
            {
                calls.Add(new(part[(part.IndexOf(':', StringComparison.Ordinal) + 1)..brace].Trim(), arguments));
            }
        }

        return calls;
    }

    public static List<ParsedCall> ReadPython(string text, int at)
    {
        var calls = new List<ParsedCall>();
        var reader = new ToolLiteralReader(text, at);
        reader.Take("[");
        while (reader.TryCall(out var call))
        {
            calls.Add(call);
            reader.Take(",");
        }

        return calls;
    }
}
