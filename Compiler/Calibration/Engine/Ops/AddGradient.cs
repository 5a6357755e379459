using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>z = x + y: both get dz.</summary>
internal sealed unsafe class AddGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) =>
        tape.Rows(new SumKernel(tape[node.Inputs[0]], tape[node.Inputs[1]], tape[node.Outputs[0]], node.Outputs[0].Width));

    public override void Backward(Tape tape, Node node)
    {
        var dz = tape.Gradient(node.Outputs[0]);
        foreach (var input in node.Inputs)
        {
            var d = tape.Gradient(input);
            tape.Rows(new SumKernel(d, dz, d, input.Width));
        }
    }
}

/// <summary>Keeps all tokens: calibration wants the logits of every one.</summary>
internal sealed unsafe class SelectOutputsGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => tape.Rows(new ScaledSumKernel(tape[node.Inputs[0]], 1f, tape[node.Outputs[0]], node.Outputs[0].Width, accumulate: false));

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new ScaledSumKernel(tape.Gradient(node.Outputs[0]), 1f, tape.Gradient(node.Inputs[0]), node.Outputs[0].Width, accumulate: true));
}

/// <summary>y = factor · x.</summary>
internal sealed unsafe class ScaleGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) =>
        tape.Rows(new ScaledSumKernel(tape[node.Inputs[0]], ((ScaleOp)node.Op).Factor, tape[node.Outputs[0]], node.Outputs[0].Width, accumulate: false));

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new ScaledSumKernel(tape.Gradient(node.Outputs[0]), ((ScaleOp)node.Op).Factor, tape.Gradient(node.Inputs[0]), node.Outputs[0].Width, accumulate: true));
}

/// <summary>y = x + bias.</summary>
internal sealed unsafe class AddBiasGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        fixed (float* bias = tape.Matrices.Vector(((AddBiasOp)node.Op).Bias))
        {
            tape.Rows(new BiasKernel(tape[node.Inputs[0]], bias, tape[node.Outputs[0]], node.Outputs[0].Width));
        }
    }

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new ScaledSumKernel(tape.Gradient(node.Outputs[0]), 1f, tape.Gradient(node.Inputs[0]), node.Outputs[0].Width, accumulate: true));
}

/// <summary>z = x + y.</summary>
internal readonly unsafe struct SumKernel(float* x, float* y, float* z, int width) : IRowKernel
{
    public void Run<L>(int first, int end)
        where L : struct, ILanes<L>
    {
        nint i = (nint)first * width, last = (nint)end * width;
        for (; i + Lanes.Count <= last; i += Lanes.Count)
        {
            L.Store(L.Add(L.Load(x + i), L.Load(y + i)), z + i);
        }

        for (; i < last; i++)
        {
            z[i] = x[i] + y[i];
        }
    }
}

/// <summary>y = (y +) factor · x.</summary>
internal readonly unsafe struct ScaledSumKernel(float* x, float factor, float* y, int width, bool accumulate) : IRowKernel
{
    public void Run<L>(int first, int end)
        where L : struct, ILanes<L>
    {
        nint i = (nint)first * width, last = (nint)end * width;
        var f = L.Broadcast(factor);
        for (; i + Lanes.Count <= last; i += Lanes.Count)
        {
            var product = L.Multiply(L.Load(x + i), f);
            L.Store(accumulate ? L.Add(L.Load(y + i), product) : product, y + i);
        }

        for (; i < last; i++)
        {
            y[i] = accumulate ? y[i] + (x[i] * factor) : x[i] * factor;
        }
    }
}

internal readonly unsafe struct BiasKernel(float* x, float* bias, float* y, int width) : IRowKernel
{
    public void Run<L>(int first, int end)
        where L : struct, ILanes<L>
    {
        for (var t = first; t < end; t++)
        {
            float* from = x + ((nint)t * width), to = y + ((nint)t * width);
            for (var i = 0; i < width; i++)
            {
                to[i] = from[i] + bias[i];
            }
        }
    }
}
