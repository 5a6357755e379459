using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Sums x xᵀ over the inputs of linears: one matrix for those that read the same value (Q, K, V). Position 0 counts too: without the attention sinks
/// there the quantised model is destroyed (reference/quantiser.md). Each element is one chain of fused multiply-adds over the tokens (or positions of samples) in order.
/// </summary>
internal sealed unsafe class MomentCollector : ITapeObserver
{
    private readonly Dictionary<int, Sum> _sums = [];

    private sealed record Sum(float[] Values, int Width)
    {
        public long Rows { get; set; }

        public ReadOnlyMemory<int> Batch { get; set; }
    }

    public void LinearInput(Tape tape, Value input, float* x, int rows) => Add(tape.Gemm, tape.Workers, input, x, rows, tape.Ids);

    /// <param name="gemm">For the product.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="input">Linears that read one value share its moments.</param>
    /// <param name="x">[rows, columns].</param>
    /// <param name="rows">Tokens, or positions of all samples.</param>
    /// <param name="batch">The tokens' ids: several linears that read one value bring it several times a batch.</param>
    public void Add(Gemm gemm, Workers workers, Value input, float* x, int rows, ReadOnlyMemory<int> batch)
    {
        if (!_sums.TryGetValue(input.Id, out var sum))
        {
            var columns = (int)((long)input.Width * batch.Length / rows);
            _sums.Add(input.Id, sum = new(new float[checked(columns * columns)], columns));
        }
        else if (sum.Batch.Equals(batch))
        {
            return;
        }

        sum.Batch = batch;
        sum.Rows += rows;
        var view = new MatrixView(x, rows, sum.Width);
        fixed (float* h = sum.Values)
        {
            gemm.Multiply(workers, view.Transposed, view, h, sum.Width, accumulate: true, upper: true);
        }
    }

    /// <summary>E[x xᵀ] of a value, [columns, columns], and how many those are; it is forgotten here.</summary>
    /// <exception cref="ModelPackException">MP3404.</exception>
    public (int Columns, float[] Moments) Take(Value input)
    {
        var sum = _sums[input.Id];
        _sums.Remove(input.Id);
        Symmetric.FinishMean(sum.Values, sum.Width, sum.Rows);
        Symmetric.RequireFinite(sum.Values, sum.Width, input.ToString());
        return (sum.Width, sum.Values);
    }
}
