using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack run FILE --prompt P | --ids 1,2,3</c>: greedy generation through the interpreter, for checking a model before it is in an app.</summary>
internal static class RunVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("run", arguments, [.. RunOptions.Names, "--prompt", "--ids", "--max-tokens", "--logits"], ["--json"]);
        var options = RunOptions.Read(line);
        if (line.Text("--prompt") is null == line.Text("--ids") is null)
        {
            throw CommandLine.Error("run wants either --prompt TEXT or --ids 1,2,3.");
        }

        var maxTokens = line.Integer("--max-tokens", 0, int.MaxValue) ?? 128;
        using var interpreted = InterpretedModel.Open(line.File, options, line.Integer("--context-length", 1, int.MaxValue), cancellation);
        using var session = interpreted.CreateSession();
        var tokenizer = interpreted.Model.Tokenizer;
        var prompt = line.Text("--ids") is { } ids ? ParseIds(ids) : tokenizer.Encode(line.Require("--prompt"));
        if (prompt.Length == 0)
        {
            throw CommandLine.Error("the prompt has no tokens; give a text, or token ids with --ids.");
        }

        if (prompt.Length > session.ContextLength)
        {
            throw new ModelPackException(MpCodes.PromptTooLong, $"the prompt has {prompt.Length} tokens; the context has {session.ContextLength} positions. Shorten it.");
        }

        if (line.Text("--logits") is { } path)
        {
            if ((long)prompt.Length * session.VocabularySize > int.MaxValue / sizeof(float))
            {
                throw CommandLine.Error($"--logits: {prompt.Length} tokens of {session.VocabularySize} logits are more than 2 GB; give fewer ids.");
            }

            var logits = new float[(long)prompt.Length * session.VocabularySize];
            session.EvaluateAll(prompt, logits);
            LogitsFile.Write(path, logits, prompt.Length, session.VocabularySize);
            session.Truncate(0);
        }

        var generated = new List<int>();
        var next = prompt;
        while (generated.Count < maxTokens && session.Length + next.Length <= session.ContextLength)
        {
            cancellation.ThrowIfCancellationRequested();
            var best = Sampling.Best(session.Evaluate(next));
            generated.Add(best);
            if (tokenizer.IsEndOfGeneration(best))
            {
                break;
            }

            next = [best];
        }

        var text = tokenizer.Decode([.. generated]);
        output.WriteLine(text);
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject { ["prompt_ids"] = Array(prompt), ["ids"] = Array(generated), ["text"] = text }.ToJsonString());
        }

        return 0;
    }

    private static int[] ParseIds(string text)
    {
        var ids = new List<int>();
        foreach (var part in text.Split(','))
        {
            ids.Add(int.TryParse(part, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var id)
                ? id
                : throw CommandLine.Error($"--ids has '{part}' in it; expected token ids separated by commas."));
        }

        return [.. ids];
    }

    private static JsonArray Array(IEnumerable<int> ids) => new([.. ids.Select(i => (JsonNode)i)]);
}
