using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack inspect FILE</c>: what is in a model file, and (with <c>--shape</c>) the shape that the public types depend on. Headers only.</summary>
internal static class InspectVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        var line = new CommandLine("inspect", arguments, ["--name", "--namespace", "--quality", "--context-length", "--shape"], ["--json"]);
        CompileOptions.CheckQuality(line.Text("--quality"));
        var options = new CompileOptions(line.Text("--name") ?? "Model", line.Text("--namespace") ?? "", line.Integer("--context-length", 1, int.MaxValue));
        using var source = ModelSource.Open(line.File);
        if (line.Text("--shape") is { } path)
        {
            OutputFile.WriteText(path, PlanText.Write(ModelCompiler.Inspect(source, options).Shape));
            if (!line.Has("--json"))
            {
                return 0;
            }
        }

        var tokenizer = source.Metadata.TryString("tokenizer.ggml.model");
        var facts = new List<KeyValuePair<string, string>>();
        string? unsupported = null;
        try
        {
            facts.AddRange(ModelCompiler.Inspect(source, options).Shape.Facts.Select(f => new KeyValuePair<string, string>(f.Key, f.Value)));
        }
        catch (ModelPackException e) when (e.Code != CompilerCodes.ContextLength)
        {
            // What the file holds can be told even where it cannot be compiled.
            unsupported = e.Message;
            facts.Add(new("container", source.Container));
            facts.Add(new("architecture", ModelCompiler.Line(source.Metadata.TryString("general.architecture") ?? "(none)")));
        }

        facts.Add(new("tokenizer", tokenizer is null ? "(none)" : ModelCompiler.Line($"{tokenizer}, pre-tokenizer {source.Metadata.TryString("tokenizer.ggml.pre") ?? "(none)"}, {TokenCount(source)} tokens")));
        facts.Add(new("chat template", source.Metadata.TryString("tokenizer.chat_template") is { } template ? $"{template.Length} characters" : "(none)"));
        if (unsupported is not null)
        {
            facts.Add(new("unsupported", unsupported.ReplaceLineEndings(" ")));
        }

        foreach (var (key, value) in facts)
        {
            output.WriteLine($"{key,-20} {value}");
        }

        output.WriteLine($"{"file",-20} {source.FileBytes} bytes, {source.Tensors.Count} tensors:");
        foreach (var group in source.Tensors.GroupBy(t => t.Encoding.Name))
        {
            output.WriteLine($"{"",-20} {group.Count(),5} {group.Key,-8} {group.Sum(t => t.ByteLength),14} bytes");
        }

        if (line.Has("--json"))
        {
            var json = new JsonObject(facts.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value)));
            json["tensors"] = new JsonArray([.. source.Tensors.Select(t => (JsonNode)new JsonObject
            {
                ["name"] = t.Name,
                ["type"] = t.Encoding.Name,
                ["shape"] = new JsonArray([.. t.Shape.Select(d => (JsonNode)d)]),
                ["bytes"] = t.ByteLength,
            })]);
            output.WriteLine(json.ToJsonString());
        }

        return 0;
    }

    private static int TokenCount(ModelSource source) =>
        source.Metadata.Contains("tokenizer.ggml.tokens") ? source.Metadata.GetStringArray("tokenizer.ggml.tokens").Count : 0;
}
