using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Ir;

namespace ModelPack.Tests.Models;

/// <summary>ResNet-20 for CIFAR-10 (He et al. 2016) as a graph, from its published weights, and test images.</summary>
internal sealed class ResNet20 : SafetensorsGraph
{
    public const int Classes = 10;
    private const int Side = 32;

    private ResNet20()
        : base("models/cifar10-resnet20/resnet20.safetensors")
    {
        var x = Normalized("conv1", "bn1", Graph.Add(new InputOp("image", Side * Side * 3), "image", "image"), new(Side, Side, 3), 16, 1, out var shape);
        x = Graph.Add(new ReluOp(), "x", "", x);
        for (var block = 0; block < 9; block++)
        {
            Graph.Layer = block;
            var name = $"layer{(block / 3) + 1}.{block % 3}";
            int channels = 16 << (block / 3), stride = block is 3 or 6 ? 2 : 1;
            var h = Graph.Add(new ReluOp(), "h", "", Normalized(name + ".conv1", name + ".bn1", x, shape, channels, stride, out var inner));
            h = Normalized(name + ".conv2", name + ".bn2", h, inner, channels, 1, out inner);
            var before = (channels - shape.Channels) / 2;
            var shortcut = stride == 1 ? x : Graph.Add(new SubsampleOp(shape, stride, before, channels - shape.Channels - before), "shortcut", "", x);
            x = Graph.Add(new ReluOp(), "x", "", Graph.Add(new AddOp(), "sum", "", h, shortcut));
            shape = inner;
        }

        Graph.Layer = -1;
        x = Graph.Add(new AveragePoolOp(shape), "pooled", "", x);
        x = Graph.Add(new LinearOp(Weight("linear.weight", Classes, shape.Channels, File.GetFloats("linear.weight"))), "scores", "", x);
        Graph.Outputs["logits"] = Graph.Add(new AddBiasOp(Vector("linear.bias")), "logits", "", x);
    }

    public static ResNet20 Open() => new();

    /// <summary>Test images, normalised, channels last, and their labels.</summary>
    public static (WindowSet Images, int[] Labels) Images(int first, int count)
    {
        const int Record = 1 + (3 * Side * Side);
        var bytes = System.IO.File.ReadAllBytes(SharedData.Path("models/cifar10-resnet20/cifar10_test1000_fromjpg.bin"));
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        var pixels = new float[count * 3 * Side * Side];
        for (var i = 0; i < pixels.Length; i++)
        {
            int image = i / (3 * Side * Side), pixel = i / 3 % (Side * Side), channel = i % 3;
            pixels[i] = ((bytes[((first + image) * Record) + 1 + (channel * Side * Side) + pixel] / 255f) - mean[channel]) / deviation[channel];
        }

        return (WindowSet.OfSamples("image", pixels, 3 * Side * Side), [.. Enumerable.Range(first, count).Select(i => (int)bytes[i * Record])]);
    }

    /// <summary>A convolution of 3 × 3 without bias, and the batch normalization behind it.</summary>
    private Value Normalized(string convolution, string normalization, Value x, ImageShape shape, int channels, int stride, out ImageShape result)
    {
        var patches = new PatchesOp(shape, 3, 3, stride, 1);
        result = new(patches.OutputHeight, patches.OutputWidth, channels);
        var matrix = Weight(convolution + ".weight", channels, patches.Columns, ChannelsLast(File.GetFloats(convolution + ".weight"), shape.Channels));
        x = Graph.Add(new LinearOp(matrix) { Positions = result.Pixels }, "convolved", "", Graph.Add(patches, "patches", "", x));
        return Graph.Add(
            new BatchNormalizationOp(Vector(normalization + ".weight"), Vector(normalization + ".bias"), Vector(normalization + ".running_mean"), Vector(normalization + ".running_var"), 1e-5f),
            "normalized",
            "",
            x);
    }

    /// <summary>[out, in, 3, 3] becomes [out, 3, 3, in].</summary>
    private static float[] ChannelsLast(float[] kernel, int channels) =>
        [.. Enumerable.Range(0, kernel.Length).Select(i => kernel[(i / (9 * channels) * 9 * channels) + (i % channels * 9) + (i / channels % 9)])];
}
