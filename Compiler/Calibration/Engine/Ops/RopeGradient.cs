using ModelPack.Compiler.Ir;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>A rotation by the position's angles; its gradient turns back: the transposed rotation, sines negated.</summary>
internal sealed unsafe class RopeGradient : OpGradient
{
    public override void Forward(Tape tape, Node node) => Rotate(tape, (RopeOp)node.Op, tape[node.Inputs[0]], tape[node.Outputs[0]], node.Outputs[0].Width, back: false);

    public override void Backward(Tape tape, Node node)
    {
        var turned = tape.Rent(node.Outputs[0].Width);
        Rotate(tape, (RopeOp)node.Op, tape.Gradient(node.Outputs[0]), turned.Floats, node.Outputs[0].Width, back: true);
        var dx = tape.Gradient(node.Inputs[0]);
        tape.Rows(new SumKernel(dx, turned.Floats, dx, node.Outputs[0].Width));
        tape.Return(turned);
    }

    private static void Rotate(Tape tape, RopeOp op, float* from, float* to, int width, bool back)
    {
        var table = Table(tape.WindowLength, tape.Matrices.Vector(op.InverseFrequencies), op.Magnitude, back);
        var pairs = op.InverseFrequencies.Columns;
        fixed (float* rows = table)
        {
            tape.Rows(new Kernel(from, to, width, op.Heads, rows, pairs, op.Interleaved, tape.WindowLength));
        }
    }

    /// <summary>[positions][cos of all pairs | sin of all pairs], rounded as the runtime's executor rounds them.</summary>
    private static float[] Table(int positions, float[] frequencies, float magnitude, bool back)
    {
        var pairs = frequencies.Length;
        var table = new float[positions * 2 * pairs];
        for (var t = 0; t < positions; t++)
        {
            for (var i = 0; i < pairs; i++)
            {
                var (sin, cos) = Trigonometry.SinCos((double)t * frequencies[i]);
                table[(2 * t * pairs) + i] = (float)(cos * magnitude);
                table[(2 * t * pairs) + pairs + i] = (float)((back ? -sin : sin) * magnitude);
            }
        }

        return table;
    }

    private readonly struct Kernel(float* from, float* to, int width, int heads, float* table, int pairs, bool interleaved, int window) : IRowKernel
    {
        public void Run<L>(int first, int end)
            where L : struct, ILanes<L>
        {
            for (var t = first; t < end; t++)
            {
                new ReadOnlySpan<float>(from + ((nint)t * width), width).CopyTo(new(to + ((nint)t * width), width));
                RopeKernel.Run(to + ((nint)t * width), heads, width / heads, table + ((nint)(t % window) * 2 * pairs), pairs, interleaved);
            }
        }
    }
}
