using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>Samples by their index; nothing goes back to them.</summary>
internal sealed unsafe class InputGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (InputOp)node.Op;
        var samples = tape.Samples is { } all && all.TryGetValue(op.Name, out var values) ? values : throw new InvalidOperationException($"No samples of '{op.Name}'.");
        var x = tape[node.Outputs[0]];
        for (var t = 0; t < tape.Tokens; t++)
        {
            samples.AsSpan(checked(tape.Ids.Span[t] * op.Width), op.Width).CopyTo(new(x + ((nint)t * op.Width), op.Width));
        }
    }

    public override void Backward(Tape tape, Node node)
    {
    }
}

/// <summary>y = s·x + t with s = gain / √(variance + ε), so dx = s·dy.</summary>
internal sealed unsafe class BatchNormalizationGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => Run(tape, node, tape[node.Inputs[0]], tape[node.Outputs[0]], backward: false);

    public override void Backward(Tape tape, Node node) => Run(tape, node, tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), backward: true);

    private static void Run(Tape tape, Node node, float* from, float* to, bool backward)
    {
        var op = (BatchNormalizationOp)node.Op;
        float[] gain = tape.Matrices.Vector(op.Gain), bias = tape.Matrices.Vector(op.Bias), mean = tape.Matrices.Vector(op.Mean), variance = tape.Matrices.Vector(op.Variance);
        int channels = gain.Length, width = node.Inputs[0].Width;
        var scale = new float[channels];
        var shift = new float[channels];
        for (var c = 0; c < channels; c++)
        {
            // In f64: the divergences that are measured through this must not come from here.
            var s = gain[c] / Math.Sqrt((double)variance[c] + op.Epsilon);
            (scale[c], shift[c]) = ((float)s, (float)(bias[c] - (mean[c] * s)));
        }

        fixed (float* s = scale, t = shift)
        {
            tape.Rows(new AffineKernel(from, s, backward ? null : t, to, channels, width), atATime: 1);
        }
    }

    /// <summary>y = s·x + t, or y += s·x.</summary>
    private readonly struct AffineKernel(float* x, float* scale, float* shift, float* y, int channels, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (nint at = (nint)first * width, last = (nint)end * width; at < last; at += channels)
            {
                for (var c = 0; c < channels; c++)
                {
                    y[at + c] = MathF.FusedMultiplyAdd(x[at + c], scale[c], shift is null ? y[at + c] : shift[c]);
                }
            }
        }
    }
}

/// <summary>y = max(x, 0), so dx = dy where x > 0.</summary>
internal sealed unsafe class ReluGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => tape.Rows(new ForwardKernel(tape[node.Inputs[0]], tape[node.Outputs[0]], node.Outputs[0].Width), atATime: 1);

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new BackwardKernel(tape[node.Inputs[0]], tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), node.Outputs[0].Width), atATime: 1);

    private readonly struct ForwardKernel(float* x, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (nint i = (nint)first * width, last = (nint)end * width; i < last; i++)
            {
                y[i] = Math.Max(x[i], 0f);
            }
        }
    }

    private readonly struct BackwardKernel(float* x, float* dy, float* dx, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (nint i = (nint)first * width, last = (nint)end * width; i < last; i++)
            {
                dx[i] += x[i] > 0 ? dy[i] : 0f;
            }
        }
    }
}

/// <summary>The mean over pixels, so each pixel gets its part.</summary>
internal sealed unsafe class AveragePoolGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var (pixels, channels) = (((AveragePoolOp)node.Op).Input.Pixels, node.Outputs[0].Width);
        float* x = tape[node.Inputs[0]], y = tape[node.Outputs[0]];
        for (var t = 0; t < tape.Tokens; t++, y += channels)
        {
            new Span<float>(y, channels).Clear();
            for (var p = 0; p < pixels; p++, x += channels)
            {
                for (var c = 0; c < channels; c++)
                {
                    y[c] += x[c] / pixels;
                }
            }
        }
    }

    public override void Backward(Tape tape, Node node)
    {
        var (pixels, channels) = (((AveragePoolOp)node.Op).Input.Pixels, node.Outputs[0].Width);
        float* dx = tape.Gradient(node.Inputs[0]), dy = tape.Gradient(node.Outputs[0]);
        for (var t = 0; t < tape.Tokens; t++, dy += channels)
        {
            for (var p = 0; p < pixels; p++, dx += channels)
            {
                for (var c = 0; c < channels; c++)
                {
                    dx[c] += dy[c] / pixels;
                }
            }
        }
    }
}

/// <summary>Some pixels and channels, copied.</summary>
internal sealed unsafe class SubsampleGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (SubsampleOp)node.Op;
        float* x = tape[node.Inputs[0]], y = tape[node.Outputs[0]];
        new Span<float>(y, checked(tape.Tokens * node.Outputs[0].Width)).Clear();
        Each(tape.Tokens, op, (from, to) => new ReadOnlySpan<float>(x + from, op.Input.Channels).CopyTo(new(y + to, op.Input.Channels)));
    }

    public override void Backward(Tape tape, Node node)
    {
        var op = (SubsampleOp)node.Op;
        float* dx = tape.Gradient(node.Inputs[0]), dy = tape.Gradient(node.Outputs[0]);
        Each(tape.Tokens, op, (from, to) =>
        {
            for (var c = 0; c < op.Input.Channels; c++)
            {
                dx[from + c] += dy[to + c];
            }
        });
    }

    private static void Each(int samples, SubsampleOp op, Action<nint, nint> pixel)
    {
        var output = op.Output;
        for (var t = 0; t < samples; t++)
        {
            for (var p = 0; p < output.Pixels; p++)
            {
                nint from = ((nint)(p / output.Width * op.Stride) * op.Input.Width) + (p % output.Width * op.Stride);
                pixel(((nint)t * op.Input.Floats) + (from * op.Input.Channels), ((nint)t * output.Floats) + ((nint)p * output.Channels) + op.ChannelsBefore);
            }
        }
    }
}
