using System.Runtime.InteropServices;
using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Packing;
using ModelPack.Compiler.Quantize;
using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Entropy;

namespace ModelPack.Tests.Quantize;

/// <summary>Nearest codes are within half a step, and what they make can always be loaded.</summary>
public unsafe class RoundToNearestTests
{
    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(1e-45f, 1e-45f)]
    [InlineData(1e-38f, 1e-38f)]
    [InlineData(1e37f, 1e37f)]
    [InlineData(1e-45f, 1e37f)]
    [InlineData(1e-30f, 1f)]
    [InlineData(0f, 0f)]
    [InlineData(0f, 3f)]
    public void Rows_of_any_size_are_coded_and_open(float first, float last)
    {
        const int Rows = 70, Columns = 65;
        foreach (var width in (int[])[2, 4, 8])
        {
            var values = RandomMatrices.Gaussian(Rows * Columns, width);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Math.Clamp(values[i], -3, 3) * (i / Columns < 64 ? first : last);
            }

            var matrix = RoundToNearest.Quantize(new Tensor(values, Columns), Rows, Columns, width);
            var bytes = TiledEncoder.Encode(matrix);
            Assert.Equal(bytes, CodedCase.Of(matrix).Decode(KernelSets.Resolve(KernelSet.Auto)));
            fixed (byte* data = bytes)
            {
                var view = new TiledView("w", data, bytes.Length, Rows, Columns, 1);
                var row = new float[Columns];
                fixed (float* r = row)
                {
                    foreach (var i in (int[])[0, 63, 64, 69])
                    {
                        TiledRow.Dequantize(view, i, r);
                        // A step is not below 2^-125, nor below 2^-64 of the largest.
                        var step = Math.Max(view.RowSteps[view.RowFactors[i]], 1e-38f);
                        Assert.All(Enumerable.Range(0, Columns), j => Assert.InRange(Math.Abs(row[j] - values[(i * Columns) + j]), 0, 0.5001f * step));
                    }
                }
            }
        }
    }

    private sealed class Tensor(float[] values, int columns) : SourceTensor
    {
        public override string Name => "w";

        public override IReadOnlyList<long> Shape => [values.Length / columns, columns];

        public override TensorEncoding Encoding => new F32();

        public override long ByteOffset => 0;

        public override long ByteLength => 4L * values.Length;

        public override ReadOnlySpan<byte> RowBytes(long row) => MemoryMarshal.AsBytes(values.AsSpan((int)row * columns, columns));
    }
}
