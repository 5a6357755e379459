using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary>
/// <c>modelpack inspect FILE</c>: what is in a model file, and what of it cannot be compiled. With <c>--shape</c>: writes the shape that the public types depend on,
/// and anything unsupported is an error. Headers only.
/// </summary>
internal static class InspectVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        var line = new CommandLine("inspect", arguments, ["--name", "--namespace", "--context-length", "--shape", .. CompressionArguments.Names], ["--json"]);
        var options = CompressionArguments.ReadCompileOptions(line);
        using var source = ModelSource.Open(line.File);
        if (line.Text("--shape") is { } path)
        {
            OutputFile.WriteText(path, PlanText.Write(ModelCompiler.Inspect(source, options).Shape));
            if (!line.Has("--json"))
            {
                return 0;
            }
        }

        var report = new Report(source, options);
        if (line.Has("--json"))
        {
            output.WriteLine(report.Json().ToJsonString());
        }
        else
        {
            report.Print(output);
        }

        return 0;
    }

    /// <summary>What the file holds can be told even where it cannot be compiled.</summary>
    private sealed class Report
    {
        private readonly ModelSource _source;
        private readonly List<ModelPackException> _unsupported = [];
        private readonly IReadOnlyList<PlanFact> _facts = [];
        private readonly TokenizerSource? _tokenizer;

        public Report(ModelSource source, CompileOptions options)
        {
            _source = source;
            _facts = Try(() => (IReadOnlyList<PlanFact>)ModelCompiler.Inspect(source, options).Shape.Facts)
                ?? [new("container", source.Container), new("architecture", Text("general.architecture")), .. HyperParameters()];
            _tokenizer = Try(() => GgufTokenizer.Read(source.Metadata));
        }

        public void Print(TextWriter output)
        {
            void Row(string key, string value) => output.WriteLine($"{key,-20} {value}");

            foreach (var fact in _facts)
            {
                Row(fact.Key, fact.Value);
            }

            Row("tokenizer", $"{Text("tokenizer.ggml.model")}, pre-tokenizer {Text("tokenizer.ggml.pre")}, {_tokenizer?.Tokens.Count ?? 0} tokens");
            Row("chat template", _source.Metadata.TryString("tokenizer.chat_template") is { } template ? $"{template.Length} characters" : "(none)");
            Row("file", $"{_source.FileBytes} bytes, {_source.Tensors.Count} tensors:");
            foreach (var group in _source.Tensors.GroupBy(t => t.Encoding))
            {
                Row("", $"{group.Count(),5} {group.Key.Name,-8} {group.Sum(t => t.ByteLength),14} bytes, kept as {group.Key.Resident}");
            }

            foreach (var error in _unsupported)
            {
                Row("unsupported", new([.. error.Message.Select(c => char.IsControl(c) ? ' ' : c)]));
            }
        }

        public JsonObject Json() => new()
        {
            ["architecture"] = Text("general.architecture"),
            ["container"] = _source.Container,
            ["bytes"] = _source.FileBytes,
            ["facts"] = new JsonObject(_facts.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))),
            ["hyper_parameters"] = new JsonObject(HyperParameters().Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))),
            ["tensors"] = new JsonArray([.. _source.Tensors.Select(t => (JsonNode)new JsonObject
            {
                ["name"] = t.Name,
                ["type"] = t.Encoding.Name,
                ["shape"] = new JsonArray([.. t.Shape.Select(d => (JsonNode)d)]),
                ["bytes"] = t.ByteLength,
            })]),
            ["tokenizer"] = _tokenizer is null ? null : new JsonObject
            {
                ["model"] = Text("tokenizer.ggml.model"),
                ["pre"] = _source.Metadata.TryString("tokenizer.ggml.pre"),
                ["tokens"] = _tokenizer.Tokens.Count,
                ["bos"] = _tokenizer.Bos,
                ["eos"] = _tokenizer.Eos,
                ["adds_bos"] = _tokenizer.AddBos,
            },
            ["chat_template"] = _source.Metadata.TryString("tokenizer.chat_template"),
            ["unsupported"] = new JsonArray([.. _unsupported.Select(e => (JsonNode)new JsonObject { ["code"] = e.Code, ["why"] = e.Text })]),
        };

        private T? Try<T>(Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (ModelPackException e) when (e.Code != CompilerCodes.ContextLength)
            {
                // (A context length is the caller's own mistake, not the file's.)
                _unsupported.Add(e);
                return null;
            }
        }

        private string Text(string key) => _source.Metadata.Contains(key) ? Printable(_source.Metadata.GetString(key)) : "(none)";

        /// <summary>The architecture's own scalar keys, as they are in the file.</summary>
        private IEnumerable<PlanFact> HyperParameters()
        {
            var prefix = Text("general.architecture") + ".";
            foreach (var key in _source.Metadata.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).DistinctBy(Printable))
            {
                yield return new(Printable(key), Printable(_source.Metadata.Describe(key)));
            }
        }

        private static string Printable(string text) => new([.. text.Take(200).Select(c => char.IsControl(c) ? ' ' : c)]);
    }
}
