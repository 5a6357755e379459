using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>y = r·x·gain with r = 1 / sqrt(mean x² + ε), so dx = r·(gain·dy) − x·r³/n · Σ x·gain·dy.</summary>
internal sealed unsafe class RmsNormGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (RmsNormOp)node.Op;
        fixed (float* gain = op.Gain is null ? null : tape.Matrices.Vector(op.Gain))
        {
            tape.Rows(new ForwardKernel(tape[node.Inputs[0]], gain, op.Epsilon, tape[node.Outputs[0]], node.Outputs[0].Width));
        }
    }

    public override void Backward(Tape tape, Node node)
    {
        var op = (RmsNormOp)node.Op;
        var dy = tape.Gradient(node.Outputs[0]);
        if (op.Gain is not null)
        {
            tape.Observer?.NormGradient(tape, op.Gain, tape[node.Outputs[0]], dy);
        }

        fixed (float* gain = op.Gain is null ? null : tape.Matrices.Vector(op.Gain))
        {
            tape.Rows(new BackwardKernel(tape[node.Inputs[0]], gain, op.Epsilon, dy, tape.Gradient(node.Inputs[0]), node.Outputs[0].Width));
        }
    }

    private readonly struct ForwardKernel(float* x, float* gain, float epsilon, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                RmsNormKernel.Run<L>(x + ((nint)t * width), gain, epsilon, y + ((nint)t * width), width);
            }
        }
    }

    private readonly struct BackwardKernel(float* x, float* gain, float epsilon, float* dy, float* dx, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                One<L>(x + ((nint)t * width), dy + ((nint)t * width), dx + ((nint)t * width));
            }
        }

        private void One<L>(float* x, float* dy, float* dx)
            where L : struct, ILanes<L>
        {
            L squares = L.Broadcast(0f), products = squares;
            var i = 0;
            for (; i + Lanes.Count <= width; i += Lanes.Count)
            {
                var v = L.Load(x + i);
                squares = L.Madd(v, v, squares);
                products = L.Madd(v, Gained(L.Load(dy + i), i), products);
            }

            if (i < width)
            {
                var v = Lanes.LoadPartial<L>(x + i, width - i);
                squares = L.Madd(v, v, squares);
                products = L.Madd(v, GainedTail<L>(dy, i), products);
            }

            var r = 1f / MathF.Sqrt((L.Sum(squares) / width) + epsilon);
            var factor = -L.Sum(products) * (r * r * r) / width;
            L scale = L.Broadcast(r), shift = L.Broadcast(factor);
            i = 0;
            for (; i + Lanes.Count <= width; i += Lanes.Count)
            {
                var d = L.Madd(Gained(L.Load(dy + i), i), scale, L.Load(dx + i));
                L.Store(L.Madd(L.Load(x + i), shift, d), dx + i);
            }

            if (i < width)
            {
                var d = L.Madd(GainedTail<L>(dy, i), scale, Lanes.LoadPartial<L>(dx + i, width - i));
                Lanes.StorePartial(L.Madd(Lanes.LoadPartial<L>(x + i, width - i), shift, d), dx + i, width - i);
            }
        }

        private L Gained<L>(L dy, int i)
            where L : struct, ILanes<L> => gain == null ? dy : L.Multiply(dy, L.Load(gain + i));

        private L GainedTail<L>(float* dy, int i)
            where L : struct, ILanes<L>
        {
            var d = Lanes.LoadPartial<L>(dy + i, width - i);
            return gain == null ? d : L.Multiply(d, Lanes.LoadPartial<L>(gain + i, width - i));
        }
    }
}
