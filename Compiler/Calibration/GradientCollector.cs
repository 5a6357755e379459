using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration;

/// <summary>Sums squared gradients at the outputs of linears, row by row, and g gᵀ at what embeddings gave.</summary>
internal sealed unsafe class GradientCollector : ITapeObserver
{
    private const int RowChunk = 64;
    private readonly Dictionary<WeightRef, double[]> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<WeightRef, float[]> _lookups = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<WeightRef, long[]> _uses = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<WeightRef, long> _tokens = new(ReferenceEqualityComparer.Instance);

    public void LinearOutputGradient(Tape tape, WeightRef matrix, float* gradient, float* output, int rows)
    {
        if (!_rows.TryGetValue(matrix, out var sums))
        {
            _rows.Add(matrix, sums = new double[matrix.Rows]);
        }

        _tokens[matrix] = _tokens.GetValueOrDefault(matrix) + tape.Tokens;
        tape.Workers.Ranges(matrix.Rows, RowChunk, (first, end, _) =>
        {
            // A window is summed in f32, windows in f64: no window depends on what ran with it.
            var length = rows / tape.Windows;
            for (var w = 0; w < tape.Windows; w++)
            {
                var from = gradient + ((nint)w * length * matrix.Rows) + first;
                fixed (double* to = &sums[first])
                {
                    LaneDispatch.Run(tape.Kernels, new SquareSums((nint)from, matrix.Rows, length, end - first, (nint)to));
                }
            }
        });
    }

    public void EmbeddingGradient(Tape tape, WeightRef table, float* gradient)
    {
        if (!_lookups.TryGetValue(table, out var moments))
        {
            _lookups.Add(table, moments = new float[checked(table.Columns * table.Columns)]);
            _uses.Add(table, new long[table.Rows]);
        }

        foreach (var id in tape.Ids.Span)
        {
            _uses[table][id]++;
        }

        _tokens[table] = _tokens.GetValueOrDefault(table) + tape.Tokens;
        var view = new MatrixView(gradient, tape.Tokens, table.Columns);
        fixed (float* h = moments)
        {
            tape.Gemm.Multiply(tape.Workers, view.Transposed, view, h, table.Columns, accumulate: true, upper: true);
        }
    }

    /// <summary>
    /// Mean squared gradient of each row's output, nats² per token; of a convolution summed over the positions of a sample, whose gradients count as uncorrelated (KFC, Grosse and Martens 2016).
    /// </summary>
    public float[] TakeRows(WeightRef matrix)
    {
        var sums = _rows[matrix];
        _rows.Remove(matrix);
        var mean = sums.Select(s => (float)(s / _tokens[matrix])).ToArray();
        var bad = Array.FindIndex(mean, v => !float.IsFinite(v));
        return bad < 0 ? mean : throw new ModelPackException(
            CompilerCodes.CalibrationNotFinite,
            $"the gradient at row {bad} of '{matrix.Name}' is not finite on the calibration text: the weights are damaged, or their range is beyond f32. Try the model with 'modelpack run FILE --activations float'.");
    }

    /// <summary>
    /// How often each row of a table is looked up; before <see cref="TakeLookup"/>. Rows that were not looked up share what was looked up once (Good 1953): most of a vocabulary is not in a text.
    /// </summary>
    public float[] Frequencies(WeightRef table)
    {
        var uses = _uses[table];
        double all = _tokens[table], unseen = uses.Count(n => n == 0), once = unseen > 0 ? uses.Count(n => n == 1) / all : 0;
        return [.. uses.Select(n => (float)(n == 0 ? once / unseen : n / all * (1 - once)))];
    }

    /// <summary>E[g gᵀ] at the look-up, [columns, columns].</summary>
    public float[] TakeLookup(WeightRef table)
    {
        var moments = _lookups[table];
        _lookups.Remove(table);
        Symmetric.FinishMean(moments, table.Columns, _tokens[table]);
        Symmetric.RequireFinite(moments, table.Columns, $"the gradient at '{table.Name}'");
        return moments;
    }

    /// <summary>to[i] += Σ_t x[t, i]² for up to <see cref="RowChunk"/> columns.</summary>
    private readonly struct SquareSums(nint from, int stride, int tokens, int columns, nint to) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            var sums = stackalloc float[Lanes.Count];
            for (var i = 0; i < columns; i += Lanes.Count)
            {
                var count = Math.Min(Lanes.Count, columns - i);
                L.Store(Column<L>((float*)from + i, count), sums);
                for (var lane = 0; lane < count; lane++)
                {
                    ((double*)to)[i + lane] += sums[lane];
                }
            }
        }

        private L Column<L>(float* x, int count)
            where L : struct, ILanes<L>
        {
            var sum = L.Broadcast(0f);
            for (var t = 0; t < tokens; t++, x += stride)
            {
                var v = count == Lanes.Count ? L.Load(x) : Lanes.LoadPartial<L>(x, count);
                sum = L.Madd(v, v, sum);
            }

            return sum;
        }
    }
}
