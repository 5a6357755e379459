using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Tests.Quantize;

/// <summary>Gaussian matrices with inputs that are correlated and of different strength.</summary>
internal static class RandomMatrices
{
    public static float[] Gaussian(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>Moments of x = D A g, A with a decaying spectrum of <paramref name="rank"/> directions.</summary>
    public static InputMoments Moments(int columns, int seed, int? rank = null)
    {
        var directions = rank ?? columns;
        float[] a = Gaussian(columns * directions, seed), strength = Gaussian(columns, seed + 1);
        var h = new float[columns * columns];
        for (var i = 0; i < columns; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                double sum = 0;
                for (var k = 0; k < directions; k++)
                {
                    sum += Math.Pow(k + 1, -1.2) * a[(i * directions) + k] * a[(j * directions) + k];
                }

                h[(i * columns) + j] = (float)(sum * Math.Exp(0.7 * (strength[i] + strength[j])));
            }
        }

        return new(columns, h);
    }

    public static float[] RowWeights(int rows, int seed) => [.. Gaussian(rows, seed).Select(g => (float)(1e-3 * Math.Exp(g)))];

    public static MatrixInput Input(int rows, int columns, int seed, InputMoments? moments = null, MatrixKind kind = MatrixKind.Linear)
    {
        var values = Gaussian(rows * columns, seed);
        return new($"matrix {seed}", () => values, new(moments ?? Moments(columns, seed + 1), RowWeights(rows, seed + 2)), kind);
    }

    public static QuantizedModel Quantize(IReadOnlyList<MatrixInput> inputs, QuantizerOptions options) => ModelQuantizer.Run(inputs, options, _ => { }, default);

    /// <summary>Σ err H errᵀ G / 2 of rows that are read one by one.</summary>
    public static double Divergence(MatrixInput input, IWeightRows quantized)
    {
        var values = new float[input.Rows * input.Columns];
        for (var i = 0; i < input.Rows; i++)
        {
            quantized.Read(i, values.AsSpan(i * input.Columns, input.Columns));
        }

        return Divergence(input, values);
    }

    /// <summary>Σ err H errᵀ G / 2 in plain loops.</summary>
    public static double Divergence(MatrixInput input, float[] quantized)
    {
        var values = input.Values();
        var (n, h) = (input.Columns, input.Statistics.Input.Values);
        double total = 0;
        for (var i = 0; i < input.Rows; i++)
        {
            var e = new double[n];
            for (var j = 0; j < n; j++)
            {
                e[j] = quantized[(i * n) + j] - values[(i * n) + j];
            }

            double sum = 0;
            for (var j = 0; j < n; j++)
            {
                for (var k = 0; k < n; k++)
                {
                    sum += e[j] * h[(j * n) + k] * e[k];
                }
            }

            total += sum * input.Statistics.RowWeights[i] / 2;
        }

        return total;
    }
}
