using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// Rows whose results pass nothing but biases, max(x, 0) and a batch normalization may have any positive scale a: with W·a, bias·a, μ·a and (σ² + ε)·a² the result is exactly the same
/// (Roburin et al., "The Implicit Biases of SGD on DNNs with BN", arXiv 2102.03497). Here a makes the quantiser's step the same for all rows: steps then take no bits, and lie on no grid.
/// </summary>
internal static class BatchNormalizationScales
{
    /// <summary>Matrices with their rows scaled, and with the vectors that go with that.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="inputs">Its matrices; those without a batch normalization stay as they are.</param>
    /// <param name="weights">Values of its vectors.</param>
    public static MatrixInput[] Apply(Graph graph, IReadOnlyList<MatrixInput> inputs, IWeightValues weights)
    {
        var uses = graph.CountUses();
        var consumers = graph.Nodes.SelectMany(n => n.Inputs.Select(v => (v.Id, n))).DistinctBy(c => c.Id).ToDictionary(c => c.Id, c => c.n);
        var paths = new Dictionary<string, Path>();
        foreach (var node in graph.Nodes)
        {
            if (node.Op is LinearOp { Matrices: [var matrix] } && Follow(node.Outputs[0], uses, consumers) is { } path && path.Normalization.Gain.Columns == matrix.Rows)
            {
                paths[matrix.Name] = path;
            }
        }

        return [.. inputs.Select(i => paths.TryGetValue(i.Name, out var path) ? Scale(i, path, weights) : i)];
    }

    private sealed record Path(BatchNormalizationOp Normalization, IReadOnlyList<WeightRef> Biases);

    /// <summary>What a value passes on its way to a batch normalization; null: it goes elsewhere.</summary>
    private static Path? Follow(Value value, Dictionary<int, int> uses, Dictionary<int, Node> consumers)
    {
        var biases = new List<WeightRef>();
        while (uses.GetValueOrDefault(value.Id) == 1 && consumers.TryGetValue(value.Id, out var node))
        {
            switch (node.Op)
            {
                case BatchNormalizationOp normalization:
                    return new(normalization, biases);
                case AddBiasOp bias:
                    biases.Add(bias.Bias);
                    break;
                case ReluOp:
                    break;
                default:
                    return null;
            }

            value = node.Outputs[0];
        }

        return null;
    }

    private static MatrixInput Scale(MatrixInput input, Path path, IWeightValues weights)
    {
        // The quantiser's step goes with 1 / √G. None below 1, so that σ² + ε less ε stays positive.
        var rowWeights = input.Statistics.RowWeights;
        var least = Math.Max(rowWeights.Min(), float.Epsilon);
        double[] scale = [.. rowWeights.Select(g => Math.Sqrt(Math.Max(g, least) / (double)least))];
        var vectors = new Dictionary<string, float[]>();
        foreach (var vector in path.Biases.Append(path.Normalization.Mean))
        {
            vectors[vector.Name] = [.. Read(vector, weights).Select((v, i) => (float)(v * scale[i]))];
        }

        double epsilon = path.Normalization.Epsilon;
        vectors[path.Normalization.Variance.Name] = [.. Read(path.Normalization.Variance, weights).Select((v, i) => (float)(((v + epsilon) * scale[i] * scale[i]) - epsilon))];
        var columns = input.Columns;
        return input with
        {
            Values = () => [.. input.Values().Select((w, i) => (float)(w * scale[i / columns]))],
            Vectors = vectors,
            Statistics = input.Statistics with { RowWeights = [.. rowWeights.Select((g, i) => (float)(g / (scale[i] * scale[i])))] },
        };
    }

    private static float[] Read(WeightRef vector, IWeightValues weights)
    {
        var values = new float[vector.Columns];
        weights.ReadRow(vector, 0, values);
        return values;
    }
}
