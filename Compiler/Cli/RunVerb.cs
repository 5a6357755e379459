using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Chat;
using ModelPack.Compiler.Interpreter;
using ModelPack.Execution;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack run PACK|MODEL --prompt P | --ids 1,2,3 | --chat C.json</c>: greedy generation through the interpreter, for checking a model before it is in an app.</summary>
internal static class RunVerb
{
    private const int DefaultMaxTokens = 128;

    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("run", arguments, [.. RunOptions.Names, "--prompt", "--ids", "--chat", "--max-tokens", "--logits", .. s_later.Keys], ["--json"]);
        foreach (var (option, what) in s_later)
        {
            if (line.Text(option) is not null)
            {
                throw new ModelPackException(CompilerCodes.NotYet, $"run: {option} needs {what}, which this version does not have yet. Use --prompt, --ids or --chat.");
            }
        }

        var options = RunOptions.Read(line);
        if (new[] { "--prompt", "--ids", "--chat" }.Count(o => line.Text(o) is not null) != 1)
        {
            throw CommandLine.Error("run wants one of --prompt TEXT, --ids 1,2,3 and --chat CHAT.json.");
        }

        var chat = line.Text("--chat") is { } chatPath ? ChatFile.Read(chatPath) : null;

        var maxTokens = line.Integer("--max-tokens", 0, int.MaxValue) ?? DefaultMaxTokens;
        using var interpreted = InterpretedModel.Open(line.File, options, line.Integer("--context-length", 1, int.MaxValue), cancellation, CompressionArguments.Read(line));
        var tokenizer = interpreted.Model.Tokenizer;
        var prompt = chat is not null ? chat.Encode(ChatTemplateSource.Open(interpreted.Plan.Shape), tokenizer)
            : line.Text("--ids") is { } ids ? ParseIds(ids)
            : tokenizer.Encode(line.Require("--prompt"));
        if (prompt.Length == 0)
        {
            throw CommandLine.Error("the prompt has no tokens, and this model puts none in front; give it some text.");
        }

        using var session = interpreted.CreateSession();
        var logits = line.Text("--logits") is { } path ? LogitsFile.Write(path, session, prompt, cancellation) : session.Evaluate(prompt);
        var (generated, text) = GreedyText.Continue(session, tokenizer, prompt, logits, maxTokens, line.Has("--json") ? TextWriter.Null : output, cancellation);
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject { ["prompt_ids"] = Array(prompt), ["ids"] = Array(generated), ["text"] = text }.ToJsonString());
        }

        return 0;
    }

    /// <summary>What the design has behind options that are not built yet.</summary>
    private static readonly Dictionary<string, string> s_later = new()
    {
        ["--inputs"] = "graphs and encoders",
        ["--outputs"] = "graphs and encoders",
    };

    private static int[] ParseIds(string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw CommandLine.Error($"--ids has '{part}' in it; expected token ids separated by commas."))];

    private static JsonArray Array(IEnumerable<int> ids) => new([.. ids.Select(i => (JsonNode)i)]);
}
