using ModelPack.Kernels;

namespace ModelPack.Execution;

public sealed unsafe partial class Executor
{
    /// <summary>y[t, :] = W x[t, :], the results of several weights one after the other in y.</summary>
    public void Linear(Activations x, Activations y, params ReadOnlySpan<Weight> weights) => Multiply(x, y, weights, accumulate: false);

    /// <summary>y[t, :] += W x[t, :] (a linear layer whose result joins the residual stream).</summary>
    public void LinearAdd(Activations x, Activations y, Weight weight) => Multiply(x, y, [weight], accumulate: true);

    private void Multiply(Activations x, Activations y, ReadOnlySpan<Weight> weights, bool accumulate)
    {
        if (Tokens == 0)
        {
            return;
        }

        long scratch = 0;
        var rows = 0;
        foreach (var weight in weights)
        {
            rows += weight.Rows;
            Require(weight.Columns == x.Width && x.Width <= _shape.MaxWidth && rows <= y.Width, nameof(Linear));
            scratch = Math.Max(scratch, weight.Kernel.ScratchBytes(weight.Columns));
        }

        _scratch.Reserve(scratch);
        Quantize(x, weights);
        _pool.Run(_linear, _linear.Set(x, y, weights, accumulate));
    }

    /// <summary>x as each of the weights wants it: once for all grouped ones, once for all tiled ones that have the same column order and scales.</summary>
    private void Quantize(Activations x, ReadOnlySpan<Weight> weights)
    {
        var slots = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            var weight = weights[i];
            ref var form = ref _linear.Quantized(i);
            form = default;
            if (!weight.Kernel.UsesInt8 || _floatActivations)
            {
                continue;
            }

            for (var earlier = 0; earlier < i && form.Stride == 0; earlier++)
            {
                form = SharesActivations(weights[earlier], weight) ? _linear.Quantized(earlier) : default;
            }

            if (form.Stride == 0)
            {
                var buffer = Int8Slot(slots++);
                form = weight.Tiled is null ? QuantizedActivations.In(buffer, Tokens, x.Width) : QuantizedActivations.TiledIn(buffer, Tokens, x.Width);
                _elementwise.Quantized = form;
                Run(ElementwiseOp.Quantize, x, default, weight, 0f, x.Width);
            }
        }
    }

    private static bool SharesActivations(Weight a, Weight b) =>
        a.Kernel.UsesInt8 && (a.Tiled is { } tiled ? b.Tiled is { } other && tiled.SharesColumns(other) : b.Tiled is null);

    /// <summary>Room for quantised activations of the current batch; the slots before it stay as they are.</summary>
    private byte* Int8Slot(int slot)
    {
        while (_int8.Count <= slot)
        {
            _int8.Add(new(QuantizedActivations.MostBytes(_capacity, _shape.MaxWidth)));
        }

        return _int8[slot].Pointer;
    }

    /// <summary>The rows of several weights, divided into chunks of whole blocks.</summary>
    private sealed class LinearJob(Executor k) : ParallelJob
    {
        // A chunk below this many products costs more to hand out than to run.
        private const long MinimumProducts = 1 << 15;

        private readonly Weight[] _weights = new Weight[8];
        private readonly int[] _firstBlock = new int[9];
        private Activations _x;
        private Activations _y;
        private readonly QuantizedActivations[] _quantized = new QuantizedActivations[8];
        private bool _accumulate;
        private int _count;
        private int _chunks;

        /// <summary>The activations of weight <paramref name="index"/>; default: it takes floats.</summary>
        public ref QuantizedActivations Quantized(int index) => ref _quantized[index];

        public int Set(Activations x, Activations y, ReadOnlySpan<Weight> weights, bool accumulate)
        {
            weights.CopyTo(_weights);
            _count = weights.Length;
            _x = x;
            _y = y;
            _accumulate = accumulate;
            long products = 0;
            for (var i = 0; i < _count; i++)
            {
                var perBlock = _weights[i].Kernel.RowsPerBlock;
                _firstBlock[i + 1] = _firstBlock[i] + ((_weights[i].Rows + perBlock - 1) / perBlock);
                products += (long)_weights[i].Rows * _weights[i].Columns * k.Tokens;
            }

            // Four chunks a thread (more where chunks are long): enough to even out a thread that is interrupted, few enough to cost nothing.
            var threads = k._pool.Threads;
            _chunks = (int)Math.Clamp(products / MinimumProducts, 1, Math.Min((k.Tokens > 8 ? 16 : 4) * threads, _firstBlock[_count]));
            return threads == 1 ? _chunks = 1 : _chunks;
        }

        public override void Run(int chunk, int worker)
        {
            var blocks = _firstBlock[_count];
            int first = (int)((long)blocks * chunk / _chunks), end = (int)((long)blocks * (chunk + 1) / _chunks);
            var column = 0;
            for (var i = 0; i < _count; i++)
            {
                int from = Math.Max(first, _firstBlock[i]) - _firstBlock[i], to = Math.Min(end, _firstBlock[i + 1]) - _firstBlock[i];
                var weight = _weights[i];
                if (from < to)
                {
                    var call = new MatrixCall(k._kernels, (nint)weight.Data, weight.Rows, weight.Columns, k.Tokens, (nint)(_y.Data + column), _y.Stride, _accumulate, weight.Tiled);
                    if (_quantized[i].Stride != 0)
                    {
                        weight.Kernel.MultiplyInt8(call, _quantized[i], from, to, k._scratch.Of(worker));
                    }
                    else
                    {
                        weight.Kernel.MultiplyFloat(call, _x.Data, _x.Stride, from, to, k._scratch.Of(worker));
                    }
                }

                column += weight.Rows;
            }
        }
    }
}
