namespace ModelPack.Tests.Graph;

/// <summary>A llama in plain loops and double precision, without cache, passes or plan, over a loaded model's weights.</summary>
internal sealed class PlainLlama(IReadOnlyList<Weight> weights, int heads, int kvHeads, int keyLength, int valueLength, double epsilon = 1e-5f)
{
    private readonly Dictionary<string, Weight> _weights = weights.ToDictionary(w => w.Name);

    /// <summary>Logits after each token, [tokens, vocabulary].</summary>
    public double[] Logits(int[] ids)
    {
        var table = _weights["token_embd.weight"];
        var embedding = table.Dequantize();
        var x = ids.Select(id => embedding.Skip(id * table.Columns).Take(table.Columns).Select(v => (double)v).ToArray()).ToArray();
        for (var layer = 0; _weights.ContainsKey($"blk.{layer}.attn_norm.weight"); layer++)
        {
            Layer($"blk.{layer}.", x);
        }

        return [.. x.SelectMany(t => Linear(_weights.ContainsKey("output.weight") ? "output" : "token_embd", Norm("output_norm", t)))];
    }

    private void Layer(string prefix, double[][] x)
    {
        var h = x.Select(t => Norm(prefix + "attn_norm", t)).ToArray();
        var q = h.Select((t, position) => Rotate(Linear(prefix + "attn_q", t), heads, position)).ToArray();
        var k = h.Select((t, position) => Rotate(Linear(prefix + "attn_k", t), kvHeads, position)).ToArray();
        var v = h.Select(t => Linear(prefix + "attn_v", t)).ToArray();
        for (var t = 0; t < x.Length; t++)
        {
            var a = new double[heads * valueLength];
            for (var head = 0; head < heads; head++)
            {
                var shared = head / (heads / kvHeads);
                var scores = Enumerable.Range(0, t + 1)
                    .Select(s => Math.Exp(Enumerable.Range(0, keyLength).Sum(i => q[t][(head * keyLength) + i] * k[s][(shared * keyLength) + i]) / Math.Sqrt(keyLength))).ToArray();
                for (var i = 0; i < valueLength; i++)
                {
                    a[(head * valueLength) + i] = Enumerable.Range(0, t + 1).Sum(s => scores[s] * v[s][(shared * valueLength) + i]) / scores.Sum();
                }
            }

            Add(x[t], Linear(prefix + "attn_output", a));
        }

        foreach (var t in x)
        {
            var n = Norm(prefix + "ffn_norm", t);
            double[] gate = Linear(prefix + "ffn_gate", n), up = Linear(prefix + "ffn_up", n);
            Add(t, Linear(prefix + "ffn_down", [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)]));
        }
    }

    private double[] Norm(string name, double[] x)
    {
        var gain = _weights[name + ".weight"].Dequantize();
        var scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + epsilon);
        return [.. x.Select((v, i) => v * scale * gain[i])];
    }

    private double[] Linear(string name, double[] x)
    {
        var weight = _weights[name + ".weight"];
        var matrix = weight.Dequantize();
        var bias = _weights.GetValueOrDefault(name + ".bias")?.Dequantize();
        return [.. Enumerable.Range(0, weight.Rows).Select(row => x.Select((v, i) => v * matrix[(row * weight.Columns) + i]).Sum() + (bias?[row] ?? 0))];
    }

    private double[] Rotate(double[] x, int count, int position)
    {
        var frequencies = _weights["rope.inverse_frequencies"].Dequantize();
        for (var head = 0; head < count; head++)
        {
            for (var i = 0; i < frequencies.Length; i++)
            {
                var at = (head * keyLength) + (2 * i);
                var (sin, cos) = Math.SinCos((double)position * frequencies[i]);
                (x[at], x[at + 1]) = ((x[at] * cos) - (x[at + 1] * sin), (x[at] * sin) + (x[at + 1] * cos));
            }
        }

        return x;
    }

    private static void Add(double[] x, double[] y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] += y[i];
        }
    }
}
