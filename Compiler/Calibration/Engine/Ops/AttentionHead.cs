using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>One key-value head of one window, with the query heads that share it.</summary>
internal readonly unsafe struct AttentionHead
{
    private const int Block = AttentionScratch.Block;

    private readonly AttentionOp _op;
    private readonly AttentionScratch _scratch;
    private readonly KernelSet _kernels;
    private readonly int _length;
    private readonly int _window;
    private readonly int _kvHead;
    private readonly MatrixView _keys;
    private readonly MatrixView _values;
    private readonly float* _q;

    public AttentionHead(AttentionOp op, AttentionScratch scratch, KernelSet kernels, int length, int window, int kvHead, float* q, float* k, float* v)
    {
        (_op, _scratch, _kernels, _length, _window, _kvHead) = (op, scratch, kernels, length, window, kvHead);
        _q = q;
        _keys = Part(k, op.KvHeads, op.KeyLength, kvHead);
        _values = Part(v, op.KvHeads, op.ValueLength, kvHead);
    }

    private int Group => _op.Heads / _op.KvHeads;

    /// <summary>Positions that queries before <paramref name="end"/> look at.</summary>
    private int Seen(int end) => _op.IsCausal ? end : _length;

    public void Forward(float* o)
    {
        Panels keys = _scratch.KeysTransposed, values = _scratch.Values;
        _scratch.Gemm.PackRight(null, _keys.Transposed, keys);
        _scratch.Gemm.PackRight(null, _values, values);
        for (var head = _kvHead * Group; head < (_kvHead + 1) * Group; head++)
        {
            MatrixView q = Part(_q, _op.Heads, _op.KeyLength, head), result = Part(o, _op.Heads, _op.ValueLength, head);
            for (var first = 0; first < _length; first += Block)
            {
                var count = Math.Min(Block, _length - first);
                var seen = Seen(first + count);
                Softmax(q.RowRange(first, count), keys, first, seen);
                var to = result.RowRange(first, count);
                _scratch.Gemm.Multiply(null, new(_scratch.Weights, count, seen), values, to.Data, to.RowStride, accumulate: false);
            }
        }
    }

    public void Backward(float* dO, float* dQ, float* dK, float* dV)
    {
        var gemm = _scratch.Gemm;
        Panels keysTransposed = _scratch.KeysTransposed, keys = _scratch.Keys, valuesTransposed = _scratch.Values;
        gemm.PackRight(null, _keys.Transposed, keysTransposed);
        gemm.PackRight(null, _keys, keys);
        gemm.PackRight(null, _values.Transposed, valuesTransposed);
        MatrixView keyGradient = Part(dK, _op.KvHeads, _op.KeyLength, _kvHead), valueGradient = Part(dV, _op.KvHeads, _op.ValueLength, _kvHead);
        for (var head = _kvHead * Group; head < (_kvHead + 1) * Group; head++)
        {
            MatrixView q = Part(_q, _op.Heads, _op.KeyLength, head), queryGradient = Part(dQ, _op.Heads, _op.KeyLength, head), resultGradient = Part(dO, _op.Heads, _op.ValueLength, head);
            for (var first = 0; first < _length; first += Block)
            {
                var count = Math.Min(Block, _length - first);
                var seen = Seen(first + count);
                MatrixView queries = q.RowRange(first, count), dResult = resultGradient.RowRange(first, count), dQueries = queryGradient.RowRange(first, count);
                MatrixView weights = new(_scratch.Weights, count, seen), gradients = new(_scratch.Gradients, count, seen);
                Softmax(queries, keysTransposed, first, seen);
                gemm.Multiply(null, weights.Transposed, dResult, valueGradient.Data, valueGradient.RowStride, accumulate: true);
                gemm.Multiply(null, dResult, valuesTransposed, gradients.Data, seen, accumulate: false, columns: seen);
                LaneDispatch.Run(_kernels, new ScoreGradients((nint)weights.Data, (nint)gradients.Data, count, seen, _op.Scale));
                gemm.Multiply(null, gradients, keys, dQueries.Data, dQueries.RowStride, accumulate: true);
                gemm.Multiply(null, gradients.Transposed, queries, keyGradient.Data, keyGradient.RowStride, accumulate: true);
            }
        }
    }

    /// <summary>The weights of a block of queries over the positions before <paramref name="seen"/>, zero where a query does not look.</summary>
    private void Softmax(in MatrixView queries, Panels keys, int first, int seen)
    {
        _scratch.Gemm.Multiply(null, queries, keys, _scratch.Weights, seen, accumulate: false, columns: seen);
        LaneDispatch.Run(_kernels, new SoftmaxRows((nint)_scratch.Weights, queries.Rows, seen, first, _op, _op.Scale));
    }

    /// <summary>A head of this window: [positions, length].</summary>
    private MatrixView Part(float* data, int heads, int length, int head)
    {
        var stride = (nint)heads * length;
        return new(data + (_window * _length * stride) + ((nint)head * length), _length, length, stride, 1);
    }

    private readonly struct SoftmaxRows(nint weights, int rows, int columns, int firstPosition, AttentionOp op, float scale) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            for (var i = 0; i < rows; i++)
            {
                var end = op.IsCausal ? firstPosition + i + 1 : columns;
                var low = op.Window == 0 ? 0 : Math.Max(0, end - op.Window);
                var row = (float*)weights + ((nint)i * columns);
                new Span<float>(row, low).Clear();
                new Span<float>(row + end, columns - end).Clear();
                SoftmaxKernel.Run<L>(row + low, end - low, scale);
            }
        }
    }

    /// <summary>dP becomes scale · P∘(dP − Σ P∘dP).</summary>
    private readonly struct ScoreGradients(nint weights, nint gradients, int rows, int columns, float scale) : ILaneAction
    {
        public void Run<L>()
            where L : struct, ILanes<L>
        {
            for (var i = 0; i < rows; i++)
            {
                SoftmaxKernel.Back<L>((float*)weights + ((nint)i * columns), (float*)gradients + ((nint)i * columns), columns, scale);
            }
        }
    }
}
