using System.Globalization;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Architectures;

/// <summary>
/// The llama family as GGUF has it: RMSNorm, rotary embeddings, grouped-query attention, SwiGLU; optional biases, tied or separate head.
/// </summary>
/// <remarks>
/// Touvron et al. 2023 (LLaMA), Ainslie et al. 2023 (GQA), Shazeer 2020 (GLU variants). GGUF stores the rows of q and k permuted so that rotated pairs are (2i, 2i + 1).
/// Keys and tensor names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// </remarks>
internal sealed class Llama : Architecture
{
    private const int MaxLayers = 1024;
    private const int MaxWidth = 1 << 18;
    private const int MaxHeadLength = 4096;
    private const int MaxContext = 1 << 24;

    public override string Id => "llama";

    public override ModelGraph Build(ModelSource source)
    {
        var p = new HyperParameters(source.Metadata, Id);
        RefuseVariants(p);
        var sizes = Sizes.Read(p, source);
        var graph = new Graph();
        var tensors = new TensorMap(source, graph);

        var table = tensors.Matrix("token_embd.weight", sizes.Vocabulary, sizes.Hidden, "TokenEmbedding");
        var rope = GgufRope.Read(p, sizes.RopeDimensions, sizes.Context, source, tensors);
        var frequencies = tensors.Computed("rope.inverse_frequencies", rope.InverseFrequencies);

        var x = graph.Add(new EmbeddingOp(table), "x", "token embeddings");
        for (graph.Layer = 0; graph.Layer < sizes.Layers; graph.Layer++)
        {
            x = AttentionBlock(graph, tensors, sizes, frequencies, rope.Magnitude, x);
            x = FeedForwardBlock(graph, tensors, sizes, x);
        }

        graph.Layer = -1;
        x = graph.Add(new SelectOutputsOp(), "x", "from here on only the tokens whose logits are wanted", x);
        var h = graph.Add(new RmsNormOp(tensors.Vector("output_norm.weight", sizes.Hidden, "OutputNorm"), sizes.Epsilon), "h", "final RMSNorm", x);
        var tied = !tensors.Contains("output.weight");
        var head = tied ? table : tensors.Matrix("output.weight", sizes.Vocabulary, sizes.Hidden, "Output");
        graph.Outputs["logits"] = graph.Add(new LinearOp(head), "logits", tied ? "logits: the head is the embedding (tied)" : "logits", h);
        tensors.RequireAllTaken();
        return new(graph, sizes.Vocabulary, sizes.Context, Facts(sizes, rope, tied));
    }

    private static Value AttentionBlock(Graph graph, TensorMap tensors, Sizes s, WeightRef frequencies, float magnitude, Value x)
    {
        var h = graph.Add(new RmsNormOp(Vector("attn_norm", s.Hidden, "Attention.Norm"), s.Epsilon), "h", "attention RMSNorm", x);
        var q = Project("attn_q", s.Heads * s.KeyLength, "Attention.Query", "q", "queries");
        var k = Project("attn_k", s.KvHeads * s.KeyLength, "Attention.Key", "k", "keys");
        var v = Project("attn_v", s.KvHeads * s.ValueLength, "Attention.Value", "v", "values");
        q = graph.Add(new RopeOp(s.Heads, frequencies, magnitude, Interleaved: true), "q", "rotate the queries", q);
        k = graph.Add(new RopeOp(s.KvHeads, frequencies, magnitude, Interleaved: true), "k", "rotate the keys", k);
        var attention = new AttentionOp(s.Heads, s.KvHeads, s.KeyLength, s.ValueLength, graph.Layer, (float)(1 / Math.Sqrt(s.KeyLength)), Window: 0);
        var a = graph.Add(attention, "attention", "causal grouped-query attention over the KV cache", q, k, v);
        var output = graph.Add(new LinearOp(Matrix("attn_output", s.Hidden, s.Heads * s.ValueLength, "Attention.Output")), "projected", "attention output", a);
        output = Biased("attn_output", output, "Attention.OutputBias");
        return graph.Add(new AddOp(), "x", "residual", output, x);

        Value Project(string name, int rows, string path, string value, string comment) =>
            Biased(name, graph.Add(new LinearOp(Matrix(name, rows, s.Hidden, path)), value, comment, h), path + "Bias");

        Value Biased(string name, Value value, string path) =>
            tensors.OptionalVector($"blk.{graph.Layer}.{name}.bias", value.Width, path, graph.Layer) is { } bias
                ? graph.Add(new AddBiasOp(bias), value.Name, "bias", value)
                : value;

        WeightRef Matrix(string name, int rows, int columns, string path) => tensors.Matrix($"blk.{graph.Layer}.{name}.weight", rows, columns, path, graph.Layer);

        WeightRef Vector(string name, int length, string path) => tensors.Vector($"blk.{graph.Layer}.{name}.weight", length, path, graph.Layer);
    }

    private static Value FeedForwardBlock(Graph graph, TensorMap tensors, Sizes s, Value x)
    {
        var layer = graph.Layer;
        var h = graph.Add(new RmsNormOp(tensors.Vector($"blk.{layer}.ffn_norm.weight", s.Hidden, "FeedForward.Norm", layer), s.Epsilon), "h", "feed-forward RMSNorm", x);
        var gate = Project("ffn_gate", s.FeedForward, h, "FeedForward.Gate", "gate", "gate");
        var up = Project("ffn_up", s.FeedForward, h, "FeedForward.Up", "up", "up");
        var activated = graph.Add(new SwiGluOp(), "activated", "SwiGLU: silu(gate) · up", gate, up);
        return graph.Add(new AddOp(), "x", "residual", Project("ffn_down", s.Hidden, activated, "FeedForward.Down", "projected", "feed-forward output"), x);

        Value Project(string name, int rows, Value input, string path, string value, string comment)
        {
            var result = graph.Add(new LinearOp(tensors.Matrix($"blk.{layer}.{name}.weight", rows, input.Width, path, layer)), value, comment, input);
            return tensors.OptionalVector($"blk.{layer}.{name}.bias", rows, path + "Bias", layer) is { } bias ? graph.Add(new AddBiasOp(bias), value, "bias", result) : result;
        }
    }

    /// <summary>Keys by which relatives that are filed under this name compute something else.</summary>
    private static void RefuseVariants(HyperParameters p)
    {
        foreach (var (key, what) in new[] { ("expert_count", "a mixture of experts"), ("attention.sliding_window", "sliding-window attention") })
        {
            if (p.Has(key) && p.Integer(key, 0, int.MaxValue) > 0)
            {
                throw Unsupported(key, what);
            }
        }

        foreach (var (key, what, neutral) in new[]
        {
            ("logit_scale", "scaled logits", 1.0), ("embedding_scale", "scaled embeddings", 1.0), ("residual_scale", "scaled residuals", 1.0), ("attention.scale", "an attention scale of its own", 0.0),
            ("attention.clamp_kqv", "clamped queries, keys and values", 0.0), ("attn_logit_softcapping", "soft-capped attention", 0.0), ("final_logit_softcapping", "soft-capped logits", 0.0),
        })
        {
            if (p.Has(key) && p.Float(key, double.MinValue, double.MaxValue) is var value && value != neutral && value != 0)
            {
                throw Unsupported(key, what);
            }
        }

        ModelPackException Unsupported(string key, string what) => new(
            CompilerCodes.FeatureUnsupported, $"the model uses {what} ({p.Key(key)}), which architecture 'llama' does not have here yet. Use a model without it.");
    }

    private static List<KeyValuePair<string, string>> Facts(Sizes s, RopeScaling rope, bool tied) =>
    [
        new("architecture", "llama"),
        new("layers", s.Layers.ToString(CultureInfo.InvariantCulture)),
        new("hidden size", s.Hidden.ToString(CultureInfo.InvariantCulture)),
        new("intermediate size", s.FeedForward.ToString(CultureInfo.InvariantCulture)),
        new("attention heads", $"{s.Heads} of {s.KeyLength}, {s.KvHeads} for keys and values"),
        new("vocabulary", s.Vocabulary.ToString(CultureInfo.InvariantCulture)),
        new("head", tied ? "tied to the embedding" : "separate"),
        new("RoPE", $"{s.RopeDimensions} dimensions, {rope.Description}"),
        new("trained context", s.Context.ToString(CultureInfo.InvariantCulture)),
    ];

    private sealed record Sizes(int Layers, int Hidden, int FeedForward, int Heads, int KvHeads, int KeyLength, int ValueLength, int RopeDimensions, int Vocabulary, int Context, float Epsilon)
    {
        public static Sizes Read(HyperParameters p, ModelSource source)
        {
            var hidden = p.Integer("embedding_length", 1, MaxWidth);
            var heads = p.Integer("attention.head_count", 1, 4096);
            var kvHeads = p.Integer("attention.head_count_kv", 1, 4096, heads);
            if (heads % kvHeads != 0)
            {
                throw new ModelPackException(CompilerCodes.HyperParameter, $"{heads} attention heads cannot share {kvHeads} key-value heads evenly ({p.Key("attention.head_count_kv")}).");
            }

            if (!p.Has("attention.key_length") && hidden % heads != 0)
            {
                throw new ModelPackException(CompilerCodes.HyperParameter, $"{p.Key("embedding_length")} {hidden} is not a multiple of {p.Key("attention.head_count")} {heads}.");
            }

            var keyLength = p.Integer("attention.key_length", 1, MaxHeadLength, hidden / heads);
            if (keyLength > MaxHeadLength)
            {
                throw new ModelPackException(
                    CompilerCodes.HyperParameter, $"{p.Key("embedding_length")} {hidden} over {p.Key("attention.head_count")} {heads} makes heads of {keyLength}; expected up to {MaxHeadLength}.");
            }

            var rope = p.Integer("rope.dimension_count", 2, 4096, keyLength);
            if (rope > keyLength || rope % 2 != 0)
            {
                throw new ModelPackException(CompilerCodes.HyperParameter, $"{p.Key("rope.dimension_count")} is {rope}; expected an even number up to the head's {keyLength}.");
            }

            return new(
                p.Integer("block_count", 1, MaxLayers),
                hidden,
                p.Integer("feed_forward_length", 1, MaxWidth),
                heads,
                kvHeads,
                keyLength,
                p.Integer("attention.value_length", 1, MaxHeadLength, keyLength),
                rope,
                GgufVocabulary.ReadSize(p, source),
                p.Integer("context_length", 1, MaxContext),
                (float)p.Float("attention.layer_norm_rms_epsilon", 1e-20, 1));
        }
    }
}
