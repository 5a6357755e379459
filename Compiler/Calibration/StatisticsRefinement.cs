using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Compiler.Calibration;

/// <summary>From measured moments and gradients to the weights by which the quantiser counts errors: reference/quantiser.md, recipe F, points 1 and 7.</summary>
internal static class StatisticsRefinement
{
    /// <summary>Smallest row weight, as a part of the mean.</summary>
    private const float RowFloor = 0.1f;

    /// <summary>Smallest row weight of a vocabulary, as a part of the mean.</summary>
    private const float VocabularyFloor = 0.05f;

    /// <summary>The first layers' errors pass through all others: K-FAC's diagonal counts them a little low.</summary>
    private const int EarlyLayers = 3;
    private const float EarlyFactor = 1.15f;

    /// <summary>Hidden units whose activation is this many times the median feed attention sinks: the rows that make them keep their precision in proportion.</summary>
    private const float SinkRatio = 50;

    /// <summary>
    /// By how much K-FAC's diagonal under- or overestimates what an error in a matrix of this role costs: measured on SmolLM2-135M by quantising one role at a time
    /// (reference/quantiser, s2_seq.py, CF2).
    /// </summary>
    public static IReadOnlyDictionary<LinearRole, float> RoleFactors { get; } = new Dictionary<LinearRole, float>
    {
        [LinearRole.AttentionQuery] = 1.44f,
        [LinearRole.AttentionKey] = 0.95f,
        [LinearRole.AttentionValue] = 0.64f,
        [LinearRole.AttentionOutput] = 1.15f,
        [LinearRole.Gate] = 1.55f,
        [LinearRole.Up] = 1.46f,
        [LinearRole.Down] = 1.6f,
        [LinearRole.Head] = 1f,
        [LinearRole.Embedding] = 1f,
        [LinearRole.Other] = 1f,
    };

    /// <summary>Statistics by the matrix's name. Matrices with the same input share one <see cref="InputMoments"/>.</summary>
    public static Dictionary<string, MatrixStatistics> Run(Graph graph, RawStatistics raw)
    {
        var roles = LinearRoles.Of(graph);
        var byName = roles.Keys.ToDictionary(w => w.Name);
        var hidden = roles.Where(r => r.Value == LinearRole.Down).DistinctBy(r => r.Key.Layer).ToDictionary(r => r.Key.Layer, r => r.Key.Name);
        var result = new Dictionary<string, MatrixStatistics>();
        var inputs = raw.Inputs.SelectMany(i => i.Matrices.Select(m => (m, i))).ToDictionary(p => p.m, p => p.i);
        foreach (var input in raw.Inputs)
        {
            var moments = new InputMoments(input.Width, input.Moments) { Rows = input.Matrices.Sum(m => byName[m].Rows) };
            foreach (var name in input.Matrices)
            {
                var weight = byName[name];
                if (roles[weight] == LinearRole.Head)
                {
                    var looked = raw.Lookups.GetValueOrDefault(name);
                    result[name] = new(looked is null ? moments : moments with { Values = Sum(input.Moments, looked) }, VocabularyWeights(raw.RowSquares[name]));
                    continue;
                }

                var rows = RowWeights(raw.RowSquares[name], RoleFactors[roles[weight]] * (weight.Layer is >= 0 and < EarlyLayers ? EarlyFactor : 1));
                if (roles[weight] is LinearRole.Gate or LinearRole.Up && hidden.TryGetValue(weight.Layer, out var down))
                {
                    ProtectSinks(rows, inputs[down]);
                }

                result[name] = new(moments, rows);
            }
        }

        foreach (var (name, moments) in raw.Lookups.Where(l => !result.ContainsKey(l.Key)))
        {
            // An embedding of its own: how often a token is looked up is about how often it is predicted, where tokens are.
            var rows = raw.RowSquares.GetValueOrDefault(name) ?? raw.RowSquares[roles.First(r => r.Value == LinearRole.Head).Key.Name];
            var columns = (int)Math.Sqrt(moments.Length);
            result[name] = new(new(columns, moments) { Rows = rows.Length }, VocabularyWeights(rows));
        }

        return result;
    }

    /// <summary>Squared gradients with a floor of a tenth of their mean, the mean then as measured, times a factor.</summary>
    private static float[] RowWeights(float[] squares, float factor)
    {
        var mean = Mean(squares);
        var floored = squares.Select(s => Math.Max(s / mean, RowFloor)).ToArray();
        var scale = mean * factor / Mean(floored);
        return [.. floored.Select(f => f * scale)];
    }

    /// <summary>√p(1 − p) with a floor, the mean as measured: the measured values themselves have a bad tail.</summary>
    private static float[] VocabularyWeights(float[] spread)
    {
        var mean = Mean(spread);
        var roots = spread.Select(s => MathF.Sqrt(Math.Max(s, 0) / mean)).ToArray();
        var rootMean = Mean(roots);
        return [.. roots.Select(r => Math.Max(r / rootMean, VocabularyFloor) * mean)];
    }

    private static void ProtectSinks(float[] rows, MeasuredInput hidden)
    {
        if (hidden.Width != rows.Length)
        {
            return;
        }

        var power = Enumerable.Range(0, hidden.Width).Select(i => hidden.Moments[(i * hidden.Width) + i]).ToArray();
        // The lower of the two middle ones, as torch has it.
        var median = Math.Max(power.Order().ElementAt((power.Length - 1) / 2), float.MinValue);
        for (var i = 0; i < rows.Length && median > 0; i++)
        {
            rows[i] *= Math.Max(1, power[i] / median / SinkRatio);
        }
    }

    private static float[] Sum(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];

    /// <summary>In double, in order; at least the smallest normal number, so that nothing is divided by zero.</summary>
    private static float Mean(float[] values) => Math.Max((float)(values.Sum(v => (double)v) / values.Length), 1.17549435e-38f);
}
