using static System.FormattableString;

namespace ModelPack.Compiler.Ir;

/// <summary>An image as a value: [Height, Width, Channels], channels last, so that a pixel is a row as a token is.</summary>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Channels">Floats of a pixel.</param>
internal readonly record struct ImageShape(int Height, int Width, int Channels)
{
    public int Pixels => Height * Width;

    /// <summary>Floats of the whole image.</summary>
    public int Floats => checked(Height * Width * Channels);

    public override string ToString() => Invariant($"{Height}×{Width}×{Channels}");
}

/// <summary>An input of the graph by name: no inputs, one result.</summary>
/// <param name="Name">By which samples bring it.</param>
/// <param name="Width">Floats of a sample.</param>
internal sealed record InputOp(string Name, int Width) : Op
{
    public override string Attributes => Invariant($"{Name}, {Width}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 0 && Width > 0, "Input takes no input.", Width);
}

/// <summary>
/// The windows of an image that a convolution looks at, one after the other (im2col, Chellapilla et al. 2006): result [positions, KernelHeight, KernelWidth, Channels].
/// A convolution is this and a <see cref="LinearOp"/> of as many <see cref="LinearOp.Positions"/>, so its matrix is one among others.
/// </summary>
/// <param name="Input">The image.</param>
/// <param name="KernelHeight">Rows of a window.</param>
/// <param name="KernelWidth">Columns of a window.</param>
/// <param name="Stride">Pixels from a window to the next, both ways.</param>
/// <param name="Padding">Zeros around the image.</param>
internal sealed record PatchesOp(ImageShape Input, int KernelHeight, int KernelWidth, int Stride, int Padding) : Op
{
    public int OutputHeight => Positions(Input.Height, KernelHeight);

    public int OutputWidth => Positions(Input.Width, KernelWidth);

    /// <summary>Floats of a window.</summary>
    public int Columns => KernelHeight * KernelWidth * Input.Channels;

    public override string Attributes => Invariant($"{KernelHeight}×{KernelWidth} of {Input}, stride {Stride}, padding {Padding}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 1 && inputs[0] == Input.Floats && Stride > 0 && Padding >= 0 && KernelHeight > 0 && KernelWidth > 0 && OutputHeight > 0 && OutputWidth > 0,
        $"Patches: {Attributes} for inputs {string.Join(", ", inputs)}.",
        checked(OutputHeight * OutputWidth * Columns));

    private int Positions(int size, int kernel) => size + (2 * Padding) < kernel ? 0 : ((size + (2 * Padding) - kernel) / Stride) + 1;
}

/// <summary>Batch normalization with the statistics of training (Ioffe and Szegedy 2015), channel by channel: gain · (x − mean) / √(variance + ε) + bias.</summary>
internal sealed record BatchNormalizationOp(WeightRef Gain, WeightRef Bias, WeightRef Mean, WeightRef Variance, float Epsilon) : Op
{
    public override IEnumerable<WeightRef> Weights => [Gain, Bias, Mean, Variance];

    public override string Attributes => Invariant($"epsilon {Epsilon}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 1 && inputs[0] % Gain.Columns == 0 && Weights.All(w => w.Columns == Gain.Columns),
        $"BatchNormalization: {string.Join(", ", Weights.Select(w => w.Columns))} channels for inputs {string.Join(", ", inputs)}.",
        inputs[0]);
}

/// <summary>max(x, 0).</summary>
internal sealed record ReluOp : Op
{
    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(inputs.Count == 1, "Relu takes one input.", inputs[0]);
}

/// <summary>The mean of an image's pixels.</summary>
internal sealed record AveragePoolOp(ImageShape Input) : Op
{
    public override string Attributes => Input.ToString();

    public override int[] InferWidths(IReadOnlyList<int> inputs) =>
        Require(inputs.Count == 1 && inputs[0] == Input.Floats, $"AveragePool: {Input} for inputs {string.Join(", ", inputs)}.", Input.Channels);
}

/// <summary>Every <paramref name="Stride"/>-th pixel both ways, with channels of zeros around its own: a shortcut without weights (He et al. 2016, option A).</summary>
internal sealed record SubsampleOp(ImageShape Input, int Stride, int ChannelsBefore, int ChannelsAfter) : Op
{
    public ImageShape Output => new((Input.Height + Stride - 1) / Stride, (Input.Width + Stride - 1) / Stride, ChannelsBefore + Input.Channels + ChannelsAfter);

    public override string Attributes => Invariant($"{Input}, stride {Stride}, channels {ChannelsBefore} + {ChannelsAfter}");

    public override int[] InferWidths(IReadOnlyList<int> inputs) => Require(
        inputs.Count == 1 && inputs[0] == Input.Floats && Stride > 0 && ChannelsBefore >= 0 && ChannelsAfter >= 0, $"Subsample: {Attributes} for inputs {string.Join(", ", inputs)}.", Output.Floats);
}
