using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>x = P[position in the window]. Tables of positions are small and stay as they are: nothing is observed.</summary>
internal sealed unsafe class PositionEmbeddingGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var table = ((PositionEmbeddingOp)node.Op).Table;
        var x = tape[node.Outputs[0]];
        for (var t = 0; t < tape.Tokens; t++)
        {
            tape.Matrices.Row(table, t % tape.WindowLength, new(x + ((nint)t * table.Columns), table.Columns));
        }
    }

    public override void Backward(Tape tape, Node node)
    {
    }
}

/// <summary>
/// n = r·(x − mean) with r = 1 / √(variance + ε), y = n·gain + bias; with g = gain·dy, dx = r·(g − mean g − n · mean(n·g)).
/// </summary>
internal sealed unsafe class LayerNormGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (LayerNormOp)node.Op;
        fixed (float* gain = tape.Matrices.Vector(op.Gain), bias = tape.Matrices.Vector(op.Bias))
        {
            tape.Rows(new ForwardKernel(tape[node.Inputs[0]], gain, bias, op.Epsilon, tape[node.Outputs[0]], node.Outputs[0].Width));
        }
    }

    public override void Backward(Tape tape, Node node)
    {
        var op = (LayerNormOp)node.Op;
        fixed (float* gain = tape.Matrices.Vector(op.Gain))
        {
            tape.Rows(new BackwardKernel(tape[node.Inputs[0]], gain, op.Epsilon, tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), node.Outputs[0].Width));
        }
    }

    /// <summary>In f64, in order: the same bits on every rung.</summary>
    private static (double Mean, double Inverse) Moments(float* x, int width, float epsilon)
    {
        double sum = 0, squares = 0;
        for (var i = 0; i < width; i++)
        {
            sum += x[i];
        }

        var mean = sum / width;
        for (var i = 0; i < width; i++)
        {
            squares += (x[i] - mean) * (x[i] - mean);
        }

        return (mean, 1 / Math.Sqrt((squares / width) + epsilon));
    }

    private readonly struct ForwardKernel(float* x, float* gain, float* bias, float epsilon, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                float* from = x + ((nint)t * width), to = y + ((nint)t * width);
                var (mean, inverse) = Moments(from, width, epsilon);
                for (var i = 0; i < width; i++)
                {
                    to[i] = MathF.FusedMultiplyAdd((float)((from[i] - mean) * inverse), gain[i], bias[i]);
                }
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
                float* from = x + ((nint)t * width), up = dy + ((nint)t * width), to = dx + ((nint)t * width);
                var (mean, inverse) = Moments(from, width, epsilon);
                double sum = 0, products = 0;
                for (var i = 0; i < width; i++)
                {
                    double g = (double)gain[i] * up[i];
                    sum += g;
                    products += g * (from[i] - mean) * inverse;
                }

                for (var i = 0; i < width; i++)
                {
                    var n = (from[i] - mean) * inverse;
                    to[i] += (float)(inverse * (((double)gain[i] * up[i]) - (sum / width) - (n * products / width)));
                }
            }
        }
    }
}

/// <summary>y = x·Φ(x), so dx = (Φ(x) + x·φ(x))·dy.</summary>
internal sealed unsafe class GeluGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => tape.Rows(new ForwardKernel(tape[node.Inputs[0]], tape[node.Outputs[0]], node.Outputs[0].Width));

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new BackwardKernel(tape[node.Inputs[0]], tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), node.Outputs[0].Width));

    /// <summary>Φ and φ at x. Φ from erf by 7.1.26 of Abramowitz and Stegun, within 1e-7.</summary>
    private static (double Distribution, double Density) Normal(float x)
    {
        var density = 0.3989422804014327 * DeterministicMath.Exp(-0.5 * x * x);
        var t = 1 / (1 + (0.3275911 * 0.7071067811865476 * Math.Abs(x)));
        var tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * DeterministicMath.Exp(-0.5 * x * x) / 2;
        return (x < 0 ? tail : 1 - tail, density);
    }

    private readonly struct ForwardKernel(float* x, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (nint i = (nint)first * width, last = (nint)end * width; i < last; i++)
            {
                y[i] = (float)(x[i] * Normal(x[i]).Distribution);
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
                var (distribution, density) = Normal(x[i]);
                dx[i] += (float)((distribution + (x[i] * density)) * dy[i]);
            }
        }
    }
}

/// <summary>y = mean x over a window, at each of its positions, so each dx is the mean of the window's dy.</summary>
internal sealed unsafe class WindowMeanGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => Run(tape, node, tape[node.Inputs[0]], tape[node.Outputs[0]], accumulate: false);

    public override void Backward(Tape tape, Node node) => Run(tape, node, tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), accumulate: true);

    private static void Run(Tape tape, Node node, float* from, float* to, bool accumulate)
    {
        int width = node.Outputs[0].Width, length = tape.WindowLength;
        tape.Workers.Ranges(tape.Windows, 1, (window, _, _) =>
        {
            for (var i = 0; i < width; i++)
            {
                nint first = ((nint)window * length * width) + i, at = first;
                double sum = 0;
                for (var t = 0; t < length; t++, at += width)
                {
                    sum += from[at];
                }

                var mean = (float)(sum / length);
                at = first;
                for (var t = 0; t < length; t++, at += width)
                {
                    to[at] = accumulate ? to[at] + mean : mean;
                }
            }
        });
    }
}

/// <summary>y = x / ‖x‖, so dx = (dy − y · (y dy)) / ‖x‖.</summary>
internal sealed unsafe class UnitLengthGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => tape.Rows(new ForwardKernel(tape[node.Inputs[0]], tape[node.Outputs[0]], node.Outputs[0].Width));

    public override void Backward(Tape tape, Node node) =>
        tape.Rows(new BackwardKernel(tape[node.Inputs[0]], tape.Gradient(node.Outputs[0]), tape.Gradient(node.Inputs[0]), node.Outputs[0].Width));

    /// <summary>Never 0.</summary>
    private static double Length(float* x, int width)
    {
        double squares = 0;
        for (var i = 0; i < width; i++)
        {
            squares += (double)x[i] * x[i];
        }

        return Math.Max(Math.Sqrt(squares), 1e-12);
    }

    private readonly struct ForwardKernel(float* x, float* y, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                float* from = x + ((nint)t * width), to = y + ((nint)t * width);
                var length = Length(from, width);
                for (var i = 0; i < width; i++)
                {
                    to[i] = (float)(from[i] / length);
                }
            }
        }
    }

    private readonly struct BackwardKernel(float* x, float* dy, float* dx, int width) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                float* from = x + ((nint)t * width), up = dy + ((nint)t * width), to = dx + ((nint)t * width);
                double length = Length(from, width), along = 0;
                for (var i = 0; i < width; i++)
                {
                    along += from[i] / length * up[i];
                }

                for (var i = 0; i < width; i++)
                {
                    to[i] += (float)((up[i] - (from[i] / length * along)) / length);
                }
            }
        }
    }
}
