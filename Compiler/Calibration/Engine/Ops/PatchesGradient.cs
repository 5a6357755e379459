using ModelPack.Compiler.Ir;

namespace ModelPack.Compiler.Calibration.Engine.Ops;

/// <summary>Windows of an image, copied; back, each pixel sums what its copies got, in the windows' order.</summary>
internal sealed unsafe class PatchesGradient : OpGradient
{
    public override void Forward(Tape tape, Node node)
    {
        var op = (PatchesOp)node.Op;
        float* x = tape[node.Inputs[0]], y = tape[node.Outputs[0]];
        tape.Workers.Ranges(tape.Tokens, 1, (sample, _, _) => Each(
            op,
            x + ((nint)sample * op.Input.Floats),
            y + ((nint)sample * node.Outputs[0].Width),
            (image, patch, floats) =>
            {
                if (image is null)
                {
                    new Span<float>(patch, floats).Clear();
                }
                else
                {
                    new ReadOnlySpan<float>(image, floats).CopyTo(new(patch, floats));
                }
            }));
    }

    public override void Backward(Tape tape, Node node)
    {
        var op = (PatchesOp)node.Op;
        float* dx = tape.Gradient(node.Inputs[0]), dy = tape.Gradient(node.Outputs[0]);
        tape.Workers.Ranges(tape.Tokens, 1, (sample, _, _) => Each(
            op,
            dx + ((nint)sample * op.Input.Floats),
            dy + ((nint)sample * node.Outputs[0].Width),
            (image, patch, floats) =>
            {
                for (var i = 0; image is not null && i < floats; i++)
                {
                    image[i] += patch[i];
                }
            }));
    }

    /// <param name="image">Where the run begins in the image; null: in the padding.</param>
    /// <param name="patch">Where it is in the window.</param>
    /// <param name="floats">Its length: one pixel.</param>
    private delegate void Pixel(float* image, float* patch, int floats);

    private static void Each(PatchesOp op, float* image, float* patches, Pixel pixel)
    {
        var (height, width, channels) = op.Input;
        for (var y = -op.Padding; y <= height + op.Padding - op.KernelHeight; y += op.Stride)
        {
            for (var x = -op.Padding; x <= width + op.Padding - op.KernelWidth; x += op.Stride)
            {
                for (var ky = y; ky < y + op.KernelHeight; ky++)
                {
                    for (var kx = x; kx < x + op.KernelWidth; kx++, patches += channels)
                    {
                        var inside = ky >= 0 && ky < height && kx >= 0 && kx < width;
                        pixel(inside ? image + ((((nint)ky * width) + kx) * channels) : null, patches, channels);
                    }
                }
            }
        }
    }
}
