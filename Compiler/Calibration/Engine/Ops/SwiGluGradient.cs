using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>y = g·σ(g)·u, so du = g·σ·dy and dg = u·dy·σ·(1 + g·(1 − σ)).</summary>
internal sealed unsafe class SwiGluGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) =>
        tape.Rows(new ForwardKernel(tape[node.Inputs[0]], tape[node.Inputs[1]], tape[node.Outputs[0]], node.Outputs[0].Width));

    public override void Backward(Tape tape, Node node) => tape.Rows(new BackwardKernel(
        tape[node.Inputs[0]], tape[node.Inputs[1]], tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), tape.Gradient(node.Inputs[1]), node.Outputs[0].Width));

    private readonly struct ForwardKernel(float* gate, float* up, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                SwiGluKernel.Run<L>(gate + ((nint)t * width), up + ((nint)t * width), y + ((nint)t * width), width);
            }
        }
    }

    private readonly struct BackwardKernel(float* gate, float* up, float* dy, float* dGate, float* dUp, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            nint i = (nint)first * width, last = (nint)end * width;
            for (; i + Lanes.Count <= last; i += Lanes.Count)
            {
                One(L.Load(gate + i), L.Load(up + i), L.Load(dy + i), out var dg, out var du);
                L.Store(L.Add(L.Load(dGate + i), dg), dGate + i);
                L.Store(L.Add(L.Load(dUp + i), du), dUp + i);
            }

            if (i < last)
            {
                var count = (int)(last - i);
                One(Lanes.LoadPartial<L>(gate + i, count), Lanes.LoadPartial<L>(up + i, count), Lanes.LoadPartial<L>(dy + i, count), out var dg, out var du);
                Lanes.StorePartial(L.Add(Lanes.LoadPartial<L>(dGate + i, count), dg), dGate + i, count);
                Lanes.StorePartial(L.Add(Lanes.LoadPartial<L>(dUp + i, count), du), dUp + i, count);
            }
        }

        private static void One<L>(L g, L u, L dy, out L dg, out L du)
            where L : struct, ILanes<L>
        {
            var one = L.Broadcast(1f);
            var sigma = L.Divide(one, L.Add(one, Lanes.Exp(L.Subtract(L.Broadcast(0f), g))));
            du = L.Multiply(L.Multiply(g, sigma), dy);
            var slope = L.Multiply(sigma, L.Madd(g, L.Subtract(one, sigma), one));
            dg = L.Multiply(L.Multiply(u, dy), slope);
        }
    }
}
