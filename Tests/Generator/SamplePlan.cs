using ModelPack.Plan;

namespace ModelPack.Tests.Generator;

/// <summary>
/// A hand-made llama of two layers: hidden size 64, 4 query and 2 key/value heads of 16, intermediate size 128, vocabulary 100, tied embeddings.
/// </summary>
internal static class SamplePlan
{
    private const int Hidden = 64, Heads = 4, KvHeads = 2, HeadLength = 16, Intermediate = 128, Vocabulary = 100, LayerCount = 2, WeightsPerLayer = 9;

    private static readonly (string Name, string Tensor, int Rows, int Columns)[] s_layer =
    [
        ("AttentionNorm", "attn_norm", 1, Hidden),
        ("AttentionQuery", "attn_q", Heads * HeadLength, Hidden),
        ("AttentionKey", "attn_k", KvHeads * HeadLength, Hidden),
        ("AttentionValue", "attn_v", KvHeads * HeadLength, Hidden),
        ("AttentionOutput", "attn_output", Hidden, Heads * HeadLength),
        ("FeedForwardNorm", "ffn_norm", 1, Hidden),
        ("FeedForwardGate", "ffn_gate", Intermediate, Hidden),
        ("FeedForwardUp", "ffn_up", Intermediate, Hidden),
        ("FeedForwardDown", "ffn_down", Hidden, Intermediate),
    ];

    private static readonly string[] s_accessors =
    [
        "Attention.Norm", "Attention.Query", "Attention.Key", "Attention.Value", "Attention.Output",
        "FeedForward.Norm", "FeedForward.Gate", "FeedForward.Up", "FeedForward.Down",
    ];

    public static ModelShapeFile Shape(string name = "Tiny", string ns = "My.App") => new(
        name,
        ns,
        new(
        [
            new("architecture", "llama"),
            new("source file", "tiny.gguf"),
            new("parameters", "120,640"),
            new("licence", "MIT & \"free\" <as is>"),
        ]),
        new(Vocabulary, ContextLength: 512, ArenaFloats: 640, MaxWidth: Intermediate, CacheLayers: LayerCount, KvHeads, HeadLength, HeadLength),
        new(
        [
            new("token_embd.weight", Vocabulary, Hidden),
            .. Enumerable.Range(0, LayerCount).SelectMany(i => s_layer.Select(w => new PlanWeight($"blk.{i}.{w.Tensor}.weight", w.Rows, w.Columns))),
            new("output_norm.weight", 1, Hidden),
            new("rope_freqs", 1, HeadLength / 2),
        ]),
        new(
        [
            new("TokenEmbedding", new([0])),
            .. s_accessors.Select((path, slot) => new PlanAccessor("Layers." + path, new(Enumerable.Range(0, LayerCount).Select(i => WeightIndex(i, slot))))),
            new("OutputNorm", new([1 + (LayerCount * WeightsPerLayer)])),
        ]));

    public static ModelPlan Plan(string name = "Tiny", string ns = "My.App")
    {
        var shape = Shape(name, ns);
        int outputNorm = shape.Weights.Count - 2, frequencies = shape.Weights.Count - 1;
        return new(
            shape,
            CompilerVersion: "0.1.0",
            PackHash: "00112233445566778899aabbccddeeff",
            PackBytes: 123_456,
            Formats: new(shape.Weights.Select(w => w.Rows == 1 ? "f32" : "g32 u4 f16+min")),
            Buffers: new(
            [
                new("x", 0, Hidden, "residual stream [tokens, 64]"),
                new("h", 64, Hidden, "normalised x, or attention's result [tokens, 64]"),
                new("qkv", 128, 128, "queries, keys and values [tokens, 64 + 32 + 32]"),
                new("gateUp", 128, 2 * Intermediate, "gate and up [tokens, 128 + 128]"),
                new("a", 384, Intermediate, "SwiGLU's result [tokens, 128]"),
            ]),
            Templates: new([new("Layer", new(s_layer.Select(w => w.Name)), new(LayerCalls(frequencies)))]),
            Steps: new(
            [
                Step("Embedding", "token embeddings", PlanOperand.Weight(0), PlanOperand.Buffer("x")),
                new(null, new("Layer", 0, new(Enumerable.Range(0, LayerCount).Select(i =>
                    new EquatableArray<int>(Enumerable.Range(0, WeightsPerLayer).Select(slot => WeightIndex(i, slot))))))),
                Step("SelectOutputs", "only the tokens whose logits are wanted", PlanOperand.Buffer("x"), PlanOperand.Buffer("x")),
                Step("RmsNorm", "final RMSNorm", PlanOperand.Buffer("x"), PlanOperand.Weight(outputNorm), Float(1e-5f), PlanOperand.Buffer("h")),
                Step("Linear", "logits: the embedding is tied", PlanOperand.Buffer("h"), PlanOperand.Logits, PlanOperand.Weight(0)),
            ]));
    }

    public static string ShapeText => PlanText.Write(Shape());

    public static string PlanTextOf(ModelPlan plan) => PlanText.Write(plan);

    private static IEnumerable<PlanCall> LayerCalls(int frequencies)
    {
        PlanOperand x = PlanOperand.Buffer("x"), h = PlanOperand.Buffer("h"), qkv = PlanOperand.Buffer("qkv"), gateUp = PlanOperand.Buffer("gateUp"), a = PlanOperand.Buffer("a");
        PlanOperand q = PlanOperand.Buffer("qkv", 0, 64), k = PlanOperand.Buffer("qkv", 64, 32), v = PlanOperand.Buffer("qkv", 96, 32);
        yield return Call("RmsNorm", "attention RMSNorm", x, PlanOperand.Slot("AttentionNorm"), Float(1e-5f), h);
        yield return Call("Linear", "queries, keys and values: [tokens, 64 + 32 + 32]", h, qkv, PlanOperand.Slot("AttentionQuery"), PlanOperand.Slot("AttentionKey"), PlanOperand.Slot("AttentionValue"));
        yield return Call("Rope", "rotate the queries", q, PlanOperand.Integer(Heads), PlanOperand.Weight(frequencies), Float(1), PlanOperand.Boolean(true));
        yield return Call("Rope", "rotate the keys", k, PlanOperand.Integer(KvHeads), PlanOperand.Weight(frequencies), Float(1), PlanOperand.Boolean(true));
        yield return Call("Attention", "causal attention over the KV cache", q, k, v, PlanOperand.Layer, Float(0.25f), PlanOperand.Integer(0), h);
        yield return Call("LinearAdd", "attention output joins the residual stream", h, x, PlanOperand.Slot("AttentionOutput"));
        yield return Call("RmsNorm", "feed-forward RMSNorm, its gain folded into gate and up", x, PlanOperand.NoWeight, Float(1e-5f), h);
        yield return Call("Linear", "gate and up: [tokens, 128 + 128]", h, gateUp, PlanOperand.Slot("FeedForwardGate"), PlanOperand.Slot("FeedForwardUp"));
        yield return Call("SwiGlu", "silu(gate) · up", gateUp, a);
        yield return Call("LinearAdd", "feed-forward output joins the residual stream", a, x, PlanOperand.Slot("FeedForwardDown"));
    }

    private static int WeightIndex(int layer, int slot) => 1 + (layer * WeightsPerLayer) + slot;

    private static PlanOperand Float(float value) => PlanOperand.FloatBits(BitConverter.SingleToInt32Bits(value));

    private static PlanCall Call(string op, string comment, params PlanOperand[] operands) => new(op, new(operands), comment);

    private static PlanStep Step(string op, string comment, params PlanOperand[] operands) => new(Call(op, comment, operands), null);
}
