using System.Globalization;
using System.Text;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Tests.Reference;

namespace ModelPack.Tests.Models;

/// <summary>all-MiniLM-L6-v2 as a graph, from its published weights: the embedding of each window, and how like it is to those of some texts.</summary>
internal sealed class MiniLm : SafetensorsGraph
{
    public const int Window = 64;
    public const int Hidden = 384;
    private const int Layers = 6, Heads = 12, FeedForward = 1536, Cls = 101, Sep = 102, Unknown = 100;

    /// <summary>What similarities are divided by before they are compared: usual in training such encoders.</summary>
    private const float Temperature = 0.05f;

    /// <param name="texts">[texts, 384]: their embeddings.</param>
    private MiniLm(float[] texts)
        : base("models/minilm-l6/model.safetensors")
    {
        var h = LayerNorm("embeddings.LayerNorm", Graph.Add(
            new AddOp(),
            "h",
            "",
            Graph.Add(new PositionEmbeddingOp(Weight("positions", 512, Hidden, Positions(File))), "position", ""),
            Graph.Add(new EmbeddingOp(Matrix("embeddings.word_embeddings", 30522, Hidden)), "word", "")));
        for (Graph.Layer = 0; Graph.Layer < Layers; Graph.Layer++)
        {
            h = Layer($"encoder.layer.{Graph.Layer}.", h);
        }

        Graph.Layer = -1;
        var embedding = Graph.Add(new UnitLengthOp(), "embedding", "", Graph.Add(new WindowMeanOp(), "pooled", "", h));
        var head = Weight("texts", texts.Length / Hidden, Hidden, [.. texts.Select(v => v / Temperature)]);
        Graph.Outputs["logits"] = Graph.Add(new LinearOp(head), "logits", "", embedding);
    }

    /// <param name="texts">[texts, 384]: their embeddings.</param>
    public static MiniLm Open(float[] texts) => new(texts);

    /// <summary>Windows of a text, each with CLS and SEP around it.</summary>
    public static WindowSet Windows(string file, int count)
    {
        var vocabulary = Vocabulary();
        var ids = new List<int>();
        foreach (var line in System.IO.File.ReadLines(SharedData.Path(file)).TakeWhile(_ => ids.Count < count * (Window - 2)))
        {
            ids.AddRange(Tokenize(vocabulary, line));
        }

        return new([.. ids.Chunk(Window - 2).Take(count).SelectMany(w => (int[])[Cls, .. w, Sep])], Window);
    }

    public static int[] Encode(string text) => [Cls, .. Tokenize(Vocabulary(), text), Sep];

    private static Dictionary<string, int> Vocabulary() =>
        System.IO.File.ReadLines(SharedData.Path("models/minilm-l6/vocab.txt")).Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id);

    /// <summary>BERT's tokenizer: lower case, no accents, punctuation apart, then the longest piece first.</summary>
    private static IEnumerable<int> Tokenize(Dictionary<string, int> vocabulary, string text)
    {
        var plain = new StringBuilder();
        foreach (var rune in text.ToLowerInvariant().Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            var isApart = Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));
            plain.Append(Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark ? "" : isApart ? $" {rune} " : rune.ToString());
        }

        foreach (var word in plain.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = new List<int>();
            for (var at = 0; at < word.Length;)
            {
                var length = word.Length - at;
                while (length > 0 && !vocabulary.ContainsKey((at > 0 ? "##" : "") + word.Substring(at, length)))
                {
                    length--;
                }

                pieces.Add(length == 0 ? -1 : vocabulary[(at > 0 ? "##" : "") + word.Substring(at, length)]);
                at += Math.Max(1, length);
            }

            foreach (var piece in pieces.Contains(-1) ? [Unknown] : pieces)
            {
                yield return piece;
            }
        }
    }

    /// <summary>Positions, and the type that all tokens of one text have.</summary>
    private static float[] Positions(SafetensorsFile file)
    {
        var type = file.GetFloats("embeddings.token_type_embeddings.weight");
        return [.. file.GetFloats("embeddings.position_embeddings.weight").Select((v, i) => v + type[i % Hidden])];
    }

    private Value Layer(string name, Value h)
    {
        Value Projected(string role, Value x, int rows) => Linear($"{name}{role}", role, x, rows);
        var attention = new AttentionOp(Heads, Heads, Hidden / Heads, Hidden / Heads, 0, 1 / MathF.Sqrt(Hidden / Heads), 0) { IsCausal = false };
        var a = Graph.Add(
            attention, "attended", "", Projected("attention.self.query", h, Hidden), Projected("attention.self.key", h, Hidden), Projected("attention.self.value", h, Hidden));
        h = LayerNorm(name + "attention.output.LayerNorm", Graph.Add(new AddOp(), "h", "", Projected("attention.output.dense", a, Hidden), h));
        var inner = Graph.Add(new GeluOp(), "inner", "", Projected("intermediate.dense", h, FeedForward));
        return LayerNorm(name + "output.LayerNorm", Graph.Add(new AddOp(), "h", "", Projected("output.dense", inner, Hidden), h));
    }

    private Value Linear(string name, string value, Value x, int rows) =>
        Graph.Add(new AddBiasOp(Vector(name + ".bias")), value, "", Graph.Add(new LinearOp(Matrix(name, rows, x.Width)), value, "", x));

    private Value LayerNorm(string name, Value x) => Graph.Add(new LayerNormOp(Vector(name + ".weight"), Vector(name + ".bias"), 1e-12f), "normalized", "", x);

    private WeightRef Matrix(string name, int rows, int columns) => Weight(name + ".weight", rows, columns, File.GetFloats(name + ".weight"));
}
