using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// Sums x xᵀ over the inputs of linears: one matrix for those that read the same value (Q, K, V). Position 0 counts too: without the attention sinks
/// there the quantised model is destroyed (reference/quantiser.md). Each element is one chain of fused multiply-adds over the tokens in order.
/// </summary>
internal sealed unsafe class MomentCollector : ITapeObserver
{
    private readonly Dictionary<int, Sum> _sums = [];

    private sealed record Sum(float[] Values, int Width)
    {
        public long Tokens { get; set; }

        public ReadOnlyMemory<int> Batch { get; set; }
    }

    public void LinearInput(Tape tape, Value input, float* x) => Add(tape.Gemm, tape.Workers, input, x, tape.Tokens, tape.Ids);

    /// <param name="batch">The tokens' ids: several linears that read one value bring it several times a batch.</param>
    public void Add(Gemm gemm, Workers workers, Value input, float* x, int tokens, ReadOnlyMemory<int> batch)
    {
        if (!_sums.TryGetValue(input.Id, out var sum))
        {
            _sums.Add(input.Id, sum = new(new float[checked(input.Width * input.Width)], input.Width));
        }
        else if (sum.Batch.Equals(batch))
        {
            return;
        }

        sum.Batch = batch;
        sum.Tokens += tokens;
        var view = new MatrixView(x, tokens, input.Width);
        fixed (float* h = sum.Values)
        {
            gemm.Multiply(workers, view.Transposed, view, h, input.Width, accumulate: true, upper: true);
        }
    }

    /// <summary>E[x xᵀ] of a value, [width, width]; it is forgotten here.</summary>
    /// <exception cref="ModelPackException">MP3404.</exception>
    public float[] Take(Value input)
    {
        var sum = _sums[input.Id];
        _sums.Remove(input.Id);
        Symmetric.FinishMean(sum.Values, sum.Width, sum.Tokens);
        Symmetric.RequireFinite(sum.Values, sum.Width, input.ToString());
        return sum.Values;
    }
}
