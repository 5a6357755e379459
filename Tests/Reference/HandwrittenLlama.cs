using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Execution;
using ModelPack.Formats;

namespace ModelPack.Tests.Reference;

/// <summary>
/// A llama written by hand against the executor, straight from the tensors of a GGUF file: what graph, passes, plan, interpreter and generated
/// code together must reproduce bit for bit.
/// </summary>
internal sealed class HandwrittenLlama : ForwardPass
{
    private readonly Dictionary<string, Weight> _weights;
    private readonly int _layers;
    private readonly int _hidden;
    private readonly int _heads;
    private readonly int _kvHeads;
    private readonly int _keyLength;
    private readonly int _valueLength;
    private readonly int _feedForward;
    private readonly float _epsilon;

    private HandwrittenLlama(ModelMetadata metadata, IReadOnlyList<Weight> weights)
    {
        _weights = weights.ToDictionary(w => w.Name);
        _layers = (int)metadata.GetInteger("llama.block_count");
        _hidden = (int)metadata.GetInteger("llama.embedding_length");
        _heads = (int)metadata.GetInteger("llama.attention.head_count");
        _kvHeads = (int)metadata.GetInteger("llama.attention.head_count_kv");
        _keyLength = KeyLength(metadata);
        _valueLength = ValueLength(metadata);
        _feedForward = (int)metadata.GetInteger("llama.feed_forward_length");
        _epsilon = (float)metadata.GetFloat("llama.attention.layer_norm_rms_epsilon");
    }

    public override void Run(Executor k)
    {
        int h = _hidden, q = _heads * _keyLength, keys = _kvHeads * _keyLength, values = _kvHeads * _valueLength, offset = 0;
        Activations Next(int width) => k.Buffer((offset += width) - width, width);
        Activations x = Next(h), n = Next(h), qkv = Next(q + keys + values), a = Next(_heads * _valueLength), gateUp = Next(2 * _feedForward), s = Next(_feedForward);
        k.Embedding(_weights["token_embd.weight"], x);
        for (var layer = 0; layer < _layers; layer++)
        {
            Weight W(string name) => _weights[$"blk.{layer}.{name}.weight"];
            k.RmsNorm(x, W("attn_norm"), _epsilon, n);
            k.Linear(n, qkv, W("attn_q"), W("attn_k"), W("attn_v"));
            AddBias("attn_q", qkv.Slice(0, q));
            AddBias("attn_k", qkv.Slice(q, keys));
            AddBias("attn_v", qkv.Slice(q + keys, values));
            k.Rope(qkv.Slice(0, q), _heads, _weights["rope"], 1f, true);
            k.Rope(qkv.Slice(q, keys), _kvHeads, _weights["rope"], 1f, true);
            k.Attention(qkv.Slice(0, q), qkv.Slice(q, keys), qkv.Slice(q + keys, values), layer, (float)(1 / Math.Sqrt(_keyLength)), 0, a);
            LinearAdd("attn_output", a);
            k.RmsNorm(x, W("ffn_norm"), _epsilon, n);
            k.Linear(n, gateUp, W("ffn_gate"), W("ffn_up"));
            AddBias("ffn_gate", gateUp.Slice(0, _feedForward));
            k.SwiGlu(gateUp, s);
            LinearAdd("ffn_down", s);

            void AddBias(string name, Activations y)
            {
                if (_weights.TryGetValue($"blk.{layer}.{name}.bias", out var bias))
                {
                    k.AddBias(y, bias);
                }
            }

            // W x + b is one sum of the residual stream; without a bias the matrix adds to it.
            void LinearAdd(string name, Activations input)
            {
                if (_weights.ContainsKey($"blk.{layer}.{name}.bias"))
                {
                    k.Linear(input, n, W(name));
                    AddBias(name, n);
                    k.Add(n, x);
                }
                else
                {
                    k.LinearAdd(input, x, W(name));
                }
            }
        }

        k.SelectOutputs(x, x);
        k.RmsNorm(x, _weights["output_norm.weight"], _epsilon, n);
        k.Linear(n, k.Logits, _weights.GetValueOrDefault("output.weight") ?? _weights["token_embd.weight"]);
    }

    /// <summary>Packs the file's tensors as they are and opens a session on them.</summary>
    public static unsafe Loaded Load(string path, ModelOptions options)
    {
        using var source = ModelSource.Open(path);
        var m = source.Metadata;
        var stream = new MemoryStream();
        var writer = new PackWriter(stream, 2, CancellationToken.None);
        foreach (var tensor in source.Tensors)
        {
            writer.AddTensor(tensor.Name, tensor.Encoding.Resident, (int)tensor.Rows, (int)tensor.Columns, ResidentEncoder.Encode(tensor, (int)tensor.Rows, (int)tensor.Columns));
        }

        int hidden = (int)m.GetInteger("llama.embedding_length"), heads = (int)m.GetInteger("llama.attention.head_count"), key = KeyLength(m), value = ValueLength(m);
        var dimensions = (int)(m.TryInteger("llama.rope.dimension_count") ?? key);
        var theta = m.GetFloat("llama.rope.freq_base");
        float[] frequencies = [.. Enumerable.Range(0, dimensions / 2).Select(i => (float)(1.0 / Math.Pow(theta, 2.0 * i / dimensions)))];
        writer.AddTensor("rope", WeightFormat.PlainOf(PlainType.F32), 1, frequencies.Length, ResidentEncoder.EncodeFloats(frequencies));
        writer.Finish();
        var buffer = new NativeBuffer(stream.Length);
        stream.GetBuffer().AsSpan(0, (int)stream.Length).CopyTo(new(buffer.Pointer, (int)stream.Length));
        var kv = (int)m.GetInteger("llama.attention.head_count_kv");
        var feedForward = (int)m.GetInteger("llama.feed_forward_length");
        var shape = new ModelShape(
            (int)source.Find("token_embd.weight")!.Rows, (int)m.GetInteger("llama.context_length"), (2 * hidden) + ((heads + kv) * (key + value)) + (3 * feedForward),
            Math.Max(Math.Max(hidden, feedForward), heads * value), (int)m.GetInteger("llama.block_count"), kv, key, value);
        var model = LoadedModel.Open(buffer.Pointer, stream.Length, path, "", shape, options, buffer);
        return new(model, model.CreateSession(new HandwrittenLlama(m, model.Weights)), stream.Length);
    }

    private static int KeyLength(ModelMetadata m) =>
        (int)(m.TryInteger("llama.attention.key_length") ?? (m.GetInteger("llama.embedding_length") / m.GetInteger("llama.attention.head_count")));

    private static int ValueLength(ModelMetadata m) => (int)(m.TryInteger("llama.attention.value_length") ?? KeyLength(m));

    internal sealed record Loaded(LoadedModel Model, DecoderSession Session, long PackBytes) : IDisposable
    {
        public void Dispose()
        {
            Session.Dispose();
            Model.Dispose();
        }
    }
}
