using ModelPack.Compiler;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Tests.Import;

namespace ModelPack.Tests.Graph;

/// <summary>
/// A llama of a few hundred weights as a GGUF file, complete and valid; tests change keys and tensors before it is written.
/// Hidden 12 = 3 heads of 4, one head for keys and values, intermediate 20, vocabulary 7.
/// </summary>
internal sealed class TinyLlama
{
    public const int Hidden = 12;
    public const int KeyValue = 4;
    public const int Intermediate = 20;
    public const int Vocabulary = 7;

    private readonly Dictionary<string, object> _keys = new()
    {
        ["general.architecture"] = "llama",
        ["general.name"] = "tiny",
        ["llama.block_count"] = 2u,
        ["llama.context_length"] = 64u,
        ["llama.embedding_length"] = (uint)Hidden,
        ["llama.feed_forward_length"] = (uint)Intermediate,
        ["llama.attention.head_count"] = 3u,
        ["llama.attention.head_count_kv"] = 1u,
        ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
        ["llama.rope.freq_base"] = 10000f,
        ["tokenizer.ggml.model"] = "llama",
        ["tokenizer.ggml.tokens"] = new[] { "<unk>", "<s>", "</s>", "a", "b", "▁", "ab" },
        ["tokenizer.ggml.scores"] = new[] { 0f, 0f, 0f, -1f, -2f, -3f, -4f },
        ["tokenizer.ggml.token_type"] = new[] { 2, 3, 3, 1, 1, 1, 1 },
    };

    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];

    public TinyLlama(int layers = 2)
    {
        Key("llama.block_count", (uint)layers);
        Random("token_embd.weight", Vocabulary, Hidden).Random("output_norm.weight", Hidden);
        for (var i = 0; i < layers; i++)
        {
            Random($"blk.{i}.attn_norm.weight", Hidden)
                .Random($"blk.{i}.attn_q.weight", Hidden, Hidden)
                .Random($"blk.{i}.attn_k.weight", KeyValue, Hidden)
                .Random($"blk.{i}.attn_v.weight", KeyValue, Hidden)
                .Random($"blk.{i}.attn_output.weight", Hidden, Hidden)
                .Random($"blk.{i}.ffn_norm.weight", Hidden)
                .Random($"blk.{i}.ffn_gate.weight", Intermediate, Hidden)
                .Random($"blk.{i}.ffn_up.weight", Intermediate, Hidden)
                .Random($"blk.{i}.ffn_down.weight", Hidden, Intermediate);
        }
    }

    public TinyLlama Key(string key, object value)
    {
        _keys[key] = value;
        return this;
    }

    public TinyLlama Without(string name)
    {
        Assert.True(_keys.Remove(name) | _tensors.Remove(name), $"there is no '{name}'");
        return this;
    }

    public TinyLlama Tensor(string name, long[] shape, params float[] values)
    {
        _tensors[name] = (shape, values);
        return this;
    }

    /// <summary>Values in ±1 that depend on the name alone.</summary>
    public TinyLlama Random(string name, params long[] shape)
    {
        var random = new Random(name.Aggregate(17, (hash, c) => unchecked((hash * 31) + c)));
        return Tensor(name, shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 2) - 1)]);
    }

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string name = "tiny.gguf")
    {
        var builder = new GgufBuilder();
        foreach (var (key, value) in _keys)
        {
            _ = value switch
            {
                string text => builder.Add(key, text),
                uint number => builder.Add(key, number),
                float number => builder.Add(key, number),
                bool flag => builder.Add(key, flag),
                string[] texts => builder.AddStrings(key, texts),
                float[] numbers => builder.AddFloats(key, numbers),
                int[] numbers => builder.AddIntegers(key, numbers),
                _ => throw new ArgumentException($"{key} is a {value.GetType()}"),
            };
        }

        foreach (var (tensor, (shape, values)) in _tensors)
        {
            builder.Tensor(tensor, shape, values);
        }

        return builder.Write(name);
    }

    public ModelSource Open() => ModelSource.Open(Write());

    /// <summary>The graph as the architecture builds it, before any pass; the source stays open.</summary>
    public ModelGraph Build() => ArchitectureTable.Build(Open());

    /// <summary>The error that compiling this file ends in.</summary>
    public ModelPackException Refused()
    {
        using var source = Open();
        return Assert.Throws<ModelPackException>(() => ModelCompiler.Inspect(source, new("Tiny", "", null)));
    }
}
