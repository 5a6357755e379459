using ModelPack.Tests.Import;

namespace ModelPack.Tests.Graph;

/// <summary>How the matrices of a <see cref="RandomLlama"/> are stored: ggml's type numbers.</summary>
public enum MatrixType : uint
{
    F32 = 0,
    Q4_0 = 2,
    Q8_0 = 8,
}

/// <summary>
/// A llama of a few thousand random weights as a GGUF file, valid unless told otherwise: metadata can be overridden or removed (null), tensors reshaped, added or removed.
/// </summary>
internal sealed record RandomLlama
{
    public int Layers { get; init; } = 2;

    public int Hidden { get; init; } = 64;

    public int Heads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    /// <summary>Dimension of a head where it is not Hidden / Heads.</summary>
    public int? KeyLength { get; init; }

    public int? ValueLength { get; init; }

    public int? RopeDimensions { get; init; }

    public int FeedForward { get; init; } = 96;

    public int Vocabulary { get; init; } = 40;

    public int Context { get; init; } = 128;

    public bool Tied { get; init; }

    public bool Biases { get; init; }

    public MatrixType Matrices { get; init; } = MatrixType.F32;

    /// <summary>Norms, by tensor name, whose gains are all one.</summary>
    public Func<string, bool> HasUnitGain { get; init; } = _ => false;

    /// <summary>Changes a tensor's f32 values before they are written.</summary>
    public Action<string, float[]> Edit { get; init; } = (_, _) => { };

    /// <summary>Metadata by key: other values, keys of its own, or null for none.</summary>
    public Dictionary<string, object?> Metadata { get; init; } = [];

    /// <summary>Tensors by name: other shapes, tensors of its own (f32), or null for none.</summary>
    public Dictionary<string, long[]?> Tensors { get; init; } = [];

    private int Key => KeyLength ?? (Hidden / Heads);

    private int Value => ValueLength ?? Key;

    public byte[] Build()
    {
        var file = new GgufBuilder();
        foreach (var (key, value) in AllMetadata())
        {
            switch (value)
            {
                case string text:
                    file.Add(key, text);
                    break;
                case float number:
                    file.Add(key, number);
                    break;
                case string[] texts:
                    file.AddStrings(key, texts);
                    break;
                case float[] numbers:
                    file.AddFloats(key, numbers);
                    break;
                case int integer:
                    file.Add(key, integer);
                    break;
                case long integer:
                    file.Add(key, integer);
                    break;
                case null:
                    break;
                default:
                    throw new NotSupportedException($"{key}: {value.GetType()}");
            }
        }

        foreach (var (name, shape) in AllTensors())
        {
            var random = new Random(Seed(name));
            var count = (int)shape.Aggregate(1L, (a, b) => a * b);
            if (shape.Length > 1 && Matrices != MatrixType.F32 && !Tensors.ContainsKey(name))
            {
                file.Tensor(name, shape, (uint)Matrices, Blocks(random, count / 32));
                continue;
            }

            var scale = 1 / MathF.Sqrt(shape[^1]);
            var isGain = name.Contains("norm", StringComparison.Ordinal);
            float[] values = [.. Enumerable.Range(0, count).Select(_ => isGain ? HasUnitGain(name) ? 1f : 0.75f + (0.5f * random.NextSingle()) : 2 * scale * (random.NextSingle() - 0.5f) * 1.7f)];
            Edit(name, values);
            file.Tensor(name, shape, values);
        }

        return file.Build();
    }

    /// <summary>Writes the file into <paramref name="folder"/> and returns its path.</summary>
    public string Write(Build.TemporaryFolder folder, string name = "tiny.gguf")
    {
        File.WriteAllBytes(folder[name], Build());
        return folder[name];
    }

    private Dictionary<string, object?> AllMetadata()
    {
        Dictionary<string, object?> all = new()
        {
            ["general.architecture"] = "llama",
            ["llama.block_count"] = Layers,
            ["llama.embedding_length"] = Hidden,
            ["llama.feed_forward_length"] = FeedForward,
            ["llama.attention.head_count"] = Heads,
            ["llama.attention.head_count_kv"] = KvHeads,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
            ["llama.context_length"] = Context,
            ["llama.vocab_size"] = Vocabulary,
            ["llama.rope.freq_base"] = 10000f,
            ["llama.attention.key_length"] = KeyLength,
            ["llama.attention.value_length"] = ValueLength,
            ["llama.rope.dimension_count"] = RopeDimensions,
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = Enumerable.Range(0, Vocabulary).Select(i => i switch { 0 => "<unk>", 1 => "<s>", 2 => "</s>", _ => $"t{i}" }).ToArray(),
            ["tokenizer.ggml.scores"] = new float[Vocabulary],
        };
        foreach (var (key, value) in Metadata)
        {
            all[key] = value;
        }

        return all;
    }

    private Dictionary<string, long[]> AllTensors()
    {
        var all = new Dictionary<string, long[]> { ["token_embd.weight"] = [Vocabulary, Hidden] };
        for (var layer = 0; layer < Layers; layer++)
        {
            void Add(string name, bool bias, params long[] shape)
            {
                all.Add($"blk.{layer}.{name}.weight", shape);
                if (bias && Biases)
                {
                    all.Add($"blk.{layer}.{name}.bias", [shape[0]]);
                }
            }

            Add("attn_norm", false, Hidden);
            Add("attn_q", true, Heads * Key, Hidden);
            Add("attn_k", true, KvHeads * Key, Hidden);
            Add("attn_v", true, KvHeads * Value, Hidden);
            Add("attn_output", true, Hidden, Heads * Value);
            Add("ffn_norm", false, Hidden);
            Add("ffn_gate", true, FeedForward, Hidden);
            Add("ffn_up", false, FeedForward, Hidden);
            Add("ffn_down", true, Hidden, FeedForward);
        }

        all.Add("output_norm.weight", [Hidden]);
        if (!Tied)
        {
            all.Add("output.weight", [Vocabulary, Hidden]);
        }

        foreach (var (name, shape) in Tensors)
        {
            if (shape is null)
            {
                all.Remove(name);
            }
            else
            {
                all[name] = shape;
            }
        }

        return all;
    }

    /// <summary>Random blocks of 32 codes: a scale f16, then bytes or nibbles.</summary>
    private byte[] Blocks(Random random, int count)
    {
        var codes = Matrices == MatrixType.Q8_0 ? 32 : 16;
        var bytes = new byte[count * (2 + codes)];
        random.NextBytes(bytes);
        for (var block = 0; block < count; block++)
        {
            var scale = (Half)((0.5f + random.NextSingle()) * (Matrices == MatrixType.Q8_0 ? 0.002f : 0.03f));
            BitConverter.TryWriteBytes(bytes.AsSpan(block * (2 + codes)), scale);
        }

        return bytes;
    }

    private static int Seed(string name) => name.Aggregate(17, (hash, c) => unchecked((hash * 31) + c)) & int.MaxValue;
}
