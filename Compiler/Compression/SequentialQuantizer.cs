using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Quantize;

namespace ModelPack.Compiler.Compression;

/// <summary>
/// The sequential form of the recipe (reference/quantiser.md, item 8): linears are quantised in the order in which they run, each to give from what the quantised ones before it made of its
/// input x what the model gives from its own input x_ref. The target is W + β·W·C·(H + .1·diag H)⁻¹ with H = E[x xᵀ], C = E[(x_ref − x) xᵀ]. Both models run side by side, one
/// linear's input at a time. The rounding itself keeps the calibration's moments, which see more text. Results do not depend on threads.
/// </summary>
/// <param name="graph">The model's graph.</param>
/// <param name="weights">Its own values.</param>
/// <param name="windows">Windows of calibration text; the first <see cref="MostWindows"/> are looked at.</param>
/// <param name="workers">Threads and cancellation.</param>
internal sealed unsafe class SequentialQuantizer(Graph graph, IWeightValues weights, WindowSet windows, Workers workers)
{
    /// <summary>C of half as much text as <c>Best</c> calibrates on did as well.</summary>
    private const int MostWindows = 32;

    /// <summary>β.</summary>
    private const float Part = 0.5f;

    /// <summary>Positions that tell nothing of the others: attention sinks.</summary>
    private const int FirstPosition = 4;

    private static readonly Damping s_damping = new(0.1, 1e-5);

    /// <param name="inputs">All matrices.</param>
    /// <param name="options">λ and the rest.</param>
    /// <param name="progress">Told the part done.</param>
    /// <returns>The matrices in the order of <paramref name="inputs"/>.</returns>
    /// <exception cref="ModelPackException">MP3301, MP2013.</exception>
    public QuantizedModel Run(IReadOnlyList<MatrixInput> inputs, QuantizerOptions options, Action<double> progress)
    {
        var byName = inputs.ToDictionary(i => i.Name);
        var quantized = new Dictionary<string, QuantizedMatrix>();
        var replaced = new Dictionary<string, IWeightRows>();
        var seen = windows.Range(0, Math.Min(MostWindows, windows.Count));
        using GraphEngine reference = new(graph, weights, workers, cut: SegmentCut.BeforeLinears), student = new(graph, new ReplacedWeights(weights, replaced), workers, cut: SegmentCut.BeforeLinears);
        using var gemm = new Gemm();
        // What no linear on the way does: tables that are looked up, the head.
        var onTheWay = reference.Segments.SelectMany(s => Matrices(s.Nodes[0])).Select(m => m.Name).ToHashSet();
        Quantize([.. inputs.Where(i => !onTheWay.Contains(i.Name))]);
        using var ahead = reference.Run(seen, 0, null).GetEnumerator();
        var done = 0;
        foreach (var _ in student.Run(seen, 0, null))
        {
            // The reference is now as far, and both keep the input of the linear that comes next.
            ahead.MoveNext();
            if (++done < student.SegmentCount && Matrices(student.Segments[done].Nodes[0]).Where(m => byName.ContainsKey(m.Name)).ToArray() is { Length: > 0 } next)
            {
                var correction = Correction(reference, student, student.Segments[done].Nodes[0].Inputs[0], gemm);
                Quantize([.. next.Select(m => byName[m.Name]).Select(i => i with { Values = () => Shifted(i.Values(), i.Columns, correction, gemm) })]);
            }

            progress((double)done / student.SegmentCount);
        }

        Quantize([.. inputs.Where(i => !quantized.ContainsKey(i.Name))]);
        return new([.. inputs.Select(i => quantized[i.Name] with { Input = i })], options.Tables ?? QuantizerTables.Default(options.States), 0);

        void Quantize(IReadOnlyList<MatrixInput> some)
        {
            foreach (var matrix in ModelQuantizer.Run(some, options, _ => { }, workers.Cancellation).Matrices)
            {
                quantized.Add(matrix.Input.Name, matrix);
                replaced.Add(matrix.Input.Name, new QuantizedRows(matrix.Matrix));
            }
        }
    }

    private static WeightRef[] Matrices(Node node) => node.Op switch
    {
        LinearOp linear => linear.Matrices,
        LinearAddOp add => [add.Matrix],
        _ => [],
    };

    /// <summary>β·C·(H + .1·diag H)⁻¹, [width, width]; null where there is nothing to correct or the moments do not allow it.</summary>
    private float[]? Correction(GraphEngine reference, GraphEngine student, Value input, Gemm gemm)
    {
        var n = input.Width;
        float[] moments = new float[n * n], shift = new float[n * n];
        long tokens = 0;
        for (var b = 0; b < student.BatchCount; b++)
        {
            var count = student.BatchIds(b).Length;
            tokens += count;
            float* x = student.Stored(input, b), expected = reference.Stored(input, b);
            var difference = new float[count * n];
            workers.Ranges(count, 64, (first, end, _) =>
            {
                for (var t = first; t < end; t++)
                {
                    for (var j = 0; j < n && t % windows.Length >= FirstPosition; j++)
                    {
                        difference[(t * n) + j] = expected[((nint)t * n) + j] - x[((nint)t * n) + j];
                    }
                }
            });
            fixed (float* h = moments, c = shift, d = difference)
            {
                var view = new MatrixView(x, count, n);
                gemm.Multiply(workers, view.Transposed, view, h, n, accumulate: true, upper: true);
                gemm.Multiply(workers, new MatrixView(d, count, n).Transposed, view, c, n, accumulate: true);
            }
        }

        Symmetric.FinishMean(moments, n, tokens);
        return Inverse(moments, n, gemm) is { } inverse ? Product(shift, inverse, n, Part / tokens, gemm) : null;
    }

    /// <summary>(H + .1·diag H)⁻¹; null: not positive definite, or not finite.</summary>
    private float[]? Inverse(float[] moments, int n, Gemm gemm)
    {
        double mean = 0;
        for (var i = 0; i < n; i++)
        {
            mean += moments[(i * n) + i] / (double)n;
        }

        if (!(mean > 0 && double.IsFinite(mean)))
        {
            return null;
        }

        using var factor = new InverseFactor(n, new() { MaxDegreeOfParallelism = workers.Threads, CancellationToken = workers.Cancellation });
        for (var i = 0; i < n; i++)
        {
            var row = factor.Row(i);
            for (var j = 0; j < i; j++)
            {
                row[j] = moments[(i * n) + j];
            }

            row[i] = (moments[(i * n) + i] * (1 + s_damping.Relative)) + (mean * s_damping.OfMean);
        }

        if (!factor.Run())
        {
            return null;
        }

        float[] triangle = new float[n * n], inverse = new float[n * n];
        for (var i = 0; i < n; i++)
        {
            var row = factor.Inverse(i);
            for (var j = 0; j <= i; j++)
            {
                triangle[(i * n) + j] = (float)row[j];
            }
        }

        fixed (float* t = triangle, to = inverse)
        {
            var view = new MatrixView(t, n, n);
            gemm.Multiply(workers, view.Transposed, view, to, n, accumulate: false);
        }

        return inverse;
    }

    /// <summary>The product of two square matrices times a factor; null: not finite.</summary>
    private float[]? Product(float[] left, float[] right, int n, float factor, Gemm gemm)
    {
        var product = new float[n * n];
        fixed (float* a = left, b = right, to = product)
        {
            gemm.Multiply(workers, new MatrixView(a, n, n), new MatrixView(b, n, n), to, n, accumulate: false);
        }

        foreach (ref var v in product.AsSpan())
        {
            v *= factor;
        }

        return Array.TrueForAll(product, float.IsFinite) ? product : null;
    }

    /// <summary>W + W·D.</summary>
    private float[] Shifted(float[] values, int columns, float[]? correction, Gemm gemm)
    {
        if (correction is null)
        {
            return values;
        }

        var shifted = (float[])values.Clone();
        fixed (float* w = values, d = correction, to = shifted)
        {
            gemm.Multiply(workers, new MatrixView(w, values.Length / columns, columns), new MatrixView(d, columns, columns), to, columns, accumulate: true);
        }

        return shifted;
    }
}
