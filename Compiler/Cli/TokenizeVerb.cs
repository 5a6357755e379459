using System.Text.Json;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack tokenize MODEL --texts T.json</c>: ids and decodings of a JSON list of texts. Reads no weights.</summary>
/// <remarks>Without <c>--special</c> no token is put around a text; special tokens written out in it are recognised either way, as a prompt's are.</remarks>
internal static class TokenizeVerb
{
    public static unsafe int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        var line = new CommandLine("tokenize", arguments, ["--texts"], ["--special", "--json"]);
        var texts = ReadTexts(line.Require("--texts"));
        using var source = ModelSource.Open(line.File);
        var tables = TokenizerTableBuilder.Build(GgufTokenizer.Read(source.Metadata));
        fixed (byte* p = tables)
        {
            var tokenizer = Tokenizer.Open(p, tables.Length);
            List<int[]> ids = [.. texts.Select(t => tokenizer.Encode(t, addSpecial: line.Has("--special")))];
            if (!line.Has("--json"))
            {
                ids.ForEach(list => output.WriteLine(string.Join(' ', list)));
                return 0;
            }

            output.WriteLine(new JsonObject
            {
                ["ids"] = new JsonArray([.. ids.Select(list => (JsonNode)new JsonArray([.. list.Select(i => (JsonNode)i)]))]),
                ["decoded"] = new JsonArray([.. ids.Select(list => (JsonNode?)tokenizer.Decode(list, special: true))]),
            }.ToJsonString());
        }

        return 0;
    }

    private static string[] ReadTexts(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.EnumerateArray().Select(e => e.GetString() ?? throw new JsonException("null"))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw CommandLine.Error($"--texts '{path}' is not a JSON list of strings: {e.Message}");
        }
    }
}
