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
    private const int MaxContext = 1 << 24;
    private const int MaxHeadLength = 4096;

    public override string Id => "llama";

    public override ModelGraph Build(ModelSource source)
    {
        var p = new HyperParameters(source.Metadata, Id);
        RefuseVariants(p);
        var sizes = Sizes.Read(p, source);
        var graph = new Graph();
        var tensors = new TensorMap(source, graph);

        var table = tensors.Matrix("token_embd.weight", sizes.Vocabulary, sizes.Hidden, "TokenEmbedding");
        var rope = ReadRope(p, sizes, source, tensors);
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
        return new(graph, sizes.Vocabulary, sizes.Context, Facts(sizes, p, tied));
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

    private static void RefuseVariants(HyperParameters p)
    {
        foreach (var (key, what) in new[] { ("expert_count", "a mixture of experts"), ("attention.sliding_window", "sliding-window attention") })
        {
            if (p.Has(key) && p.Integer(key, 0, int.MaxValue) > 0)
            {
                throw new ModelPackException(CompilerCodes.FeatureUnsupported, $"the model uses {what} ({p.Key(key)}), which is not compiled yet.");
            }
        }
    }

    private static RopeScaling ReadRope(HyperParameters p, Sizes s, ModelSource source, TensorMap tensors)
    {
        var theta = p.Float("rope.freq_base", 1.0001, 1e12, 10000);
        var type = p.Text("rope.scaling.type") ?? (p.Has("rope.scaling.factor") || p.Has("rope.scale_linear") ? "linear" : "none");
        if (source.Find("rope_freqs.weight") is { } factors)
        {
            if (type is not ("none" or "llama3"))
            {
                throw new ModelPackException(CompilerCodes.FeatureUnsupported, $"the model has both a RoPE scaling ({p.Key("rope.scaling.type")}: '{Printable(type)}') and divisors in tensor 'rope_freqs.weight', which is not compiled yet.");
            }

            // Llama 3.1 and later: the scaling as one divisor per frequency, computed by the converter.
            tensors.Ignore(factors.Name);
            if (factors.Rows != 1 || factors.Columns != s.RopeDimensions / 2)
            {
                throw new ModelPackException(CompilerCodes.TensorShapeMismatch, $"tensor 'rope_freqs.weight' has shape [{string.Join(", ", factors.Shape)}]; {s.RopeDimensions} rotated dimensions call for [{s.RopeDimensions / 2}].");
            }

            var values = new float[s.RopeDimensions / 2];
            factors.DequantizeRow(0, values);
            var bad = Array.FindIndex(values, v => v is not (>= 1e-3f and <= 1e9f));
            if (bad >= 0)
            {
                throw new ModelPackException(
                    CompilerCodes.HyperParameter,
                    string.Create(CultureInfo.InvariantCulture, $"element {bad} of tensor 'rope_freqs.weight' at byte {factors.ByteOffset} is {values[bad]}; expected a divisor from 0.001 to 1e9."));
            }

            return RopeScaling.Factors(s.RopeDimensions, theta, values);
        }

        double Factor() => p.Has("rope.scaling.factor") ? p.Float("rope.scaling.factor", 0.001, 1e6) : p.Float("rope.scale_linear", 0.001, 1e6);
        double Original() => p.Integer("rope.scaling.original_context_length", 1, MaxContext, s.Context);
        return type switch
        {
            "none" => RopeScaling.Plain(s.RopeDimensions, theta),
            "linear" => RopeScaling.Linear(s.RopeDimensions, theta, Factor()),
            "llama3" => ReadLlama3(),
            "yarn" => RopeScaling.Yarn(
                s.RopeDimensions, theta, Factor(), Original(), p.Float("rope.scaling.yarn_beta_fast", 1e-3, 1e6, 32), p.Float("rope.scaling.yarn_beta_slow", 1e-3, 1e6, 1), p.Float("rope.scaling.attn_factor", 1e-3, 1e3, 1)),
            _ => throw new ModelPackException(CompilerCodes.FeatureUnsupported, $"{p.Key("rope.scaling.type")} is '{Printable(type)}'; known are none, linear, llama3, yarn."),
        };

        RopeScaling ReadLlama3()
        {
            double low = p.Float("rope.scaling.low_freq_factor", 1e-3, 1e6, 1), high = p.Float("rope.scaling.high_freq_factor", 1e-3, 1e6, 4);
            return low < high
                ? RopeScaling.Llama3(s.RopeDimensions, theta, Factor(), low, high, Original())
                : throw new ModelPackException(
                    CompilerCodes.HyperParameter,
                    string.Create(CultureInfo.InvariantCulture, $"{p.Key("rope.scaling.high_freq_factor")} is {high}; expected more than {p.Key("rope.scaling.low_freq_factor")}, which is {low}."));
        }
    }

    private static string Printable(string text) => new([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);

    private static List<KeyValuePair<string, string>> Facts(Sizes s, HyperParameters p, bool tied) =>
    [
        new("architecture", "llama"),
        new("layers", s.Layers.ToString(CultureInfo.InvariantCulture)),
        new("hidden size", s.Hidden.ToString(CultureInfo.InvariantCulture)),
        new("intermediate size", s.FeedForward.ToString(CultureInfo.InvariantCulture)),
        new("attention heads", $"{s.Heads} of {s.KeyLength}, {s.KvHeads} for keys and values"),
        new("vocabulary", s.Vocabulary.ToString(CultureInfo.InvariantCulture)),
        new("head", tied ? "tied to the embedding" : "separate"),
        new("RoPE", $"theta {p.Float("rope.freq_base", 1, 1e12, 10000).ToString(CultureInfo.InvariantCulture)}, {s.RopeDimensions} dimensions, scaling {p.Text("rope.scaling.type") ?? "none"}"),
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
                throw new ModelPackException(CompilerCodes.HyperParameter, $"{p.Key("embedding_length")} {hidden} over {p.Key("attention.head_count")} {heads} makes heads of {keyLength}; expected up to {MaxHeadLength}.");
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
                ReadVocabulary(p, source),
                p.Integer("context_length", 1, MaxContext),
                (float)p.Float("attention.layer_norm_rms_epsilon", 0, 1));
        }

        /// <summary>The embedding's rows; tokenizer and <c>vocab_size</c> must agree with them.</summary>
        private static int ReadVocabulary(HyperParameters p, ModelSource source)
        {
            var table = source.Find("token_embd.weight") ?? throw new ModelPackException(
                CompilerCodes.TensorMissing, $"tensor 'token_embd.weight', the token embedding, is missing; the file has {source.Tensors.Count} tensors. It may be incomplete, or hold a vocabulary only.");
            var rows = table.Shape.Count == 2 ? table.Shape[0] : p.Integer("vocab_size", 1, 1 << 24);
            if (rows is < 1 or > 1 << 24)
            {
                throw new ModelPackException(CompilerCodes.HyperParameter, $"the embedding has {rows} rows; expected 1 to {1 << 24}.");
            }

            if (p.Has("vocab_size") && p.Integer("vocab_size", 1, 1 << 24) is var claimed && claimed != rows)
            {
                throw new ModelPackException(CompilerCodes.VocabularyMismatch, $"{p.Key("vocab_size")} is {claimed}, but tensor 'token_embd.weight' has {rows} rows.");
            }

            if (source.Metadata.Contains("tokenizer.ggml.tokens") && source.Metadata.GetStringArray("tokenizer.ggml.tokens").Count is var tokens && tokens != rows)
            {
                throw new ModelPackException(CompilerCodes.VocabularyMismatch, $"the tokenizer has {tokens} tokens, but tensor 'token_embd.weight' has {rows} rows.");
            }

            return (int)rows;
        }
    }
}
