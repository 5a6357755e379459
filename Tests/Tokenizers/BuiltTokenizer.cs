using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Tokenizers;

namespace ModelPack.Tests.Tokenizers;

/// <summary>A tokenizer over tables made in the test, in unmanaged memory whose last byte is the tables' last.</summary>
internal static unsafe class BuiltTokenizer
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> s_shared = new();

    /// <summary>From a GGUF file in ../shared; built once per test run.</summary>
    public static Tokenizer Shared(string relative)
    {
        var path = SharedData.Path(relative);
        return s_shared.GetOrAdd(path, _ => new(() => Open(TokenizerTableBuilder.Build(Source(path))))).Value;
    }

    public static TokenizerSource Source(string path)
    {
        using var file = ContainerTable.Open(path, ImportLimits.Default);
        return GgufTokenizer.Read(file.Metadata);
    }

    /// <summary>Opens a copy of <paramref name="tables"/> at an odd address (never freed: tests are short).</summary>
    public static Tokenizer Open(byte[] tables)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)tables.Length + 1, 64) + 1;
        tables.CopyTo(new Span<byte>(memory, tables.Length));
        return Tokenizer.Open(memory, tables.Length);
    }

    /// <summary>From a Hugging Face <c>tokenizer.json</c> with byte-level BPE.</summary>
    public static TokenizerSource FromJson(string path, PreTokenizerKind kind, bool nfc)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var model = json.RootElement.GetProperty("model");
        var tokens = model.GetProperty("vocab").EnumerateObject().OrderBy(p => p.Value.GetInt32()).Select(p => Encoding.UTF8.GetBytes(p.Name)).ToList();
        var types = Enumerable.Repeat(1, tokens.Count).ToList();
        foreach (var added in json.RootElement.GetProperty("added_tokens").EnumerateArray())
        {
            var id = added.GetProperty("id").GetInt32();
            while (tokens.Count <= id)
            {
                tokens.Add(Encoding.UTF8.GetBytes(added.GetProperty("content").GetString()!));
                types.Add(1);
            }

            types[id] = added.GetProperty("special").GetBoolean() ? 3 : 4;
        }

        return new TokenizerSource
        {
            Model = TokenizerLayout.Model.ByteLevelBpe,
            PreTokenizer = kind,
            Tokens = tokens,
            Types = types,
            Merges = [.. model.GetProperty("merges").EnumerateArray().Select(m => Encoding.UTF8.GetBytes(m.ValueKind == JsonValueKind.Array ? $"{m[0]} {m[1]}" : m.GetString()!))],
            Nfc = nfc,
            IgnoreMerges = model.TryGetProperty("ignore_merges", out var ignore) && ignore.ValueKind == JsonValueKind.True,
        };
    }

    /// <summary>A byte-level vocabulary of the 256 bytes, the merges given (in plain text) and the special tokens given.</summary>
    public static TokenizerSource Small(PreTokenizerKind kind, string[] merges, params string[] special)
    {
        var tokens = Enumerable.Range(0, 256).Select(value => ByteLevelAlphabet.Encode((byte)value))
            .Concat(merges.Select(merge => Encoding.UTF8.GetBytes(merge.Replace(" ", "", StringComparison.Ordinal))))
            .Concat(special.Select(Encoding.UTF8.GetBytes)).ToArray();
        return new TokenizerSource
        {
            Model = TokenizerLayout.Model.ByteLevelBpe,
            PreTokenizer = kind,
            Tokens = tokens,
            Types = [.. Enumerable.Range(0, tokens.Length).Select(id => id < tokens.Length - special.Length ? 1 : 3)],
            Merges = [.. merges.Select(Encoding.UTF8.GetBytes)],
        };
    }
}
