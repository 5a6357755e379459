using ModelPack.Kernels;

namespace ModelPack.Execution;

public sealed unsafe partial class Executor
{
    private enum ElementwiseOp
    {
        Embedding,
        RmsNorm,
        SwiGlu,
        Add,
        AddBias,
        Scale,
        Rope,
        Quantize,
        WriteCache,
    }

    /// <summary>y[t, :] = row ids[t] of <paramref name="table"/>.</summary>
    public void Embedding(Weight table, Activations y)
    {
        Require(table.Columns == y.Width && table.Rows >= _shape.VocabularySize, nameof(Embedding));
        Run(ElementwiseOp.Embedding, default, y, table, 0f, y.Width);
    }

    /// <summary>y[t, :] = x[t, :] / sqrt(mean(x[t, :]²) + epsilon) · gain (Zhang and Sennrich 2019); gain null: folded elsewhere.</summary>
    public void RmsNorm(Activations x, Weight? gain, float epsilon, Activations y)
    {
        Require(x.Width == y.Width && (gain is null || IsVector(gain, x.Width)), nameof(RmsNorm));
        Run(ElementwiseOp.RmsNorm, x, y, gain, epsilon, x.Width);
    }

    /// <summary>y[t, :] += bias.</summary>
    public void AddBias(Activations y, Weight bias)
    {
        Require(IsVector(bias, y.Width), nameof(AddBias));
        Run(ElementwiseOp.AddBias, default, y, bias, 0f, y.Width);
    }

    /// <summary>y[t, :] += x[t, :].</summary>
    public void Add(Activations x, Activations y)
    {
        Require(x.Width == y.Width, nameof(Add));
        Run(ElementwiseOp.Add, x, y, null, 0f, y.Width);
    }

    /// <summary>x[t, :] *= factor.</summary>
    public void Scale(Activations x, float factor) => Run(ElementwiseOp.Scale, default, x, null, factor, x.Width);

    /// <summary>y = silu(gate) · up, where x = [gate | up], each as wide as y (Shazeer 2020).</summary>
    public void SwiGlu(Activations x, Activations y)
    {
        Require(x.Width == 2 * y.Width, nameof(SwiGlu));
        Run(ElementwiseOp.SwiGlu, x, y, null, 0f, 4 * x.Width);
    }

    /// <summary>
    /// Keeps, of the batch, only the tokens whose logits are wanted (the last one, when generating): y[i, :] = x[wanted[i], :].
    /// From here on <see cref="Tokens"/> is the number of wanted tokens; 0 is possible (a prompt's early part), and then operations do nothing.
    /// </summary>
    public void SelectOutputs(Activations x, Activations y)
    {
        Require(x.Width == y.Width, nameof(SelectOutputs));
        for (var i = 0; i < _wantedCount; i++)
        {
            new ReadOnlySpan<float>(x.Token(_wanted[i]), x.Width).CopyTo(new(y.Token(i), x.Width));
        }

        Tokens = _wantedCount;
    }

    private int _wantedCount;

    private static bool IsVector(Weight weight, int length) =>
        weight.Columns == length && weight.Format == Formats.WeightFormat.PlainOf(Formats.PlainType.F32);

    private void Run(ElementwiseOp op, Activations x, Activations y, Weight? weight, float value, int cost)
    {
        if (Tokens > 0)
        {
            _elementwise.Set(op, x, y, weight, value);
            var chunks = Tokens * cost < ParallelFloats ? 1 : Math.Min(Tokens, 4 * _pool.Threads);
            _elementwise.Chunks = chunks;
            _pool.Run(_elementwise, chunks);
        }
    }

    /// <summary>Operations that treat every token by itself.</summary>
    private sealed class ElementwiseJob(Executor k) : ParallelJob
    {
        private ElementwiseOp _op;
        private Activations _x;
        private Activations _y;
        private Weight? _weight;
        private float _value;

        public int Chunks { get; set; }

        public QuantizedActivations Quantized { get; set; }

        public int Heads { get; set; }

        public int Layer { get; set; }

        public bool Interleaved { get; set; }

        public void Set(ElementwiseOp op, Activations x, Activations y, Weight? weight, float value)
        {
            _op = op;
            _x = x;
            _y = y;
            _weight = weight;
            _value = value;
        }

        public override void Run(int chunk, int worker)
        {
            int first = (int)((long)k.Tokens * chunk / Chunks), end = (int)((long)k.Tokens * (chunk + 1) / Chunks);
            LaneDispatch.Run(k._kernels, new TokensAction(this, first, end));
        }

        private readonly struct TokensAction(ElementwiseJob job, int first, int end) : ILaneAction
        {
            public void Run<L>()
                where L : struct, ILanes<L> => job.Tokens<L>(first, end);
        }

        private void Tokens<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                One<L>(t);
            }
        }

        private void One<L>(int t)
            where L : struct, ILanes<L>
        {
            switch (_op)
            {
                case ElementwiseOp.Embedding:
                    _weight!.Kernel.Dequantize(_weight.Data, _weight.Rows, _weight.Columns, k._ids[t], _y.Token(t), _weight.Tiled);
                    break;
                case ElementwiseOp.RmsNorm:
                    RmsNormKernel.Run<L>(_x.Token(t), _weight is null ? null : (float*)_weight.Data, _value, _y.Token(t), _x.Width);
                    break;
                case ElementwiseOp.SwiGlu:
                    SwiGluKernel.Run<L>(_x.Token(t), _x.Token(t) + _y.Width, _y.Token(t), _y.Width);
                    break;
                case ElementwiseOp.Add:
                    AddKernel.Run<L>(_x.Token(t), _y.Token(t), _y.Width);
                    break;
                case ElementwiseOp.AddBias:
                    AddKernel.Run<L>((float*)_weight!.Data, _y.Token(t), _y.Width);
                    break;
                case ElementwiseOp.Scale:
                    AddKernel.Scale<L>(_y.Token(t), _value, _y.Width);
                    break;
                case ElementwiseOp.Rope:
                    RopeKernel.Run(_y.Token(t), Heads, _y.Width / Heads, k.RopeRow(t), k._ropePairs, Interleaved);
                    break;
                case ElementwiseOp.Quantize:
                    if (_weight?.Tiled is { } tiled)
                    {
                        Quantized.Quantize<L>(_x.Token(t), tiled, t);
                    }
                    else
                    {
                        Quantized.Quantize<L>(_x.Token(t), _x.Width, t);
                    }

                    break;
                case ElementwiseOp.WriteCache:
                    k.Cache.Write(Layer, k.FirstPosition + t, _x.Token(t), _y.Token(t));
                    break;
            }
        }
    }
}
