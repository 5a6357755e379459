using ModelPack.Formats;
using ModelPack.Kernels;
using ModelPack.Tests.Reference;

namespace ModelPack.KernelCheck;

/// <summary>Every row of the kernel table but the tiled family's (<see cref="TiledChecks"/>): int8 and float products for one and many tokens, and dequantised rows.</summary>
internal static unsafe class MatrixChecks
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 32), (37, 96), (36, 172), (20, 576)];

    public static IEnumerable<Check> All => KernelTable.All.Where(k => k.Format.Family != WeightFamily.Tiled).SelectMany(Of);

    private static IEnumerable<Check> Of(MatrixKernel kernel)
    {
        if (kernel.UsesInt8)
        {
            yield return new($"{kernel.Format} int8", (rung, digest) => Int8(kernel, rung, digest));
        }

        yield return new($"{kernel.Format} float", (rung, digest) => Float(kernel, rung, digest));
        yield return new($"{kernel.Format} dequantise", (_, digest) => Dequantise(kernel, digest));
    }

    private static void Int8(MatrixKernel kernel, KernelSet rung, Digest digest)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            var weight = RandomWeights.Resident(kernel, rows, columns, random);
            foreach (var tokens in (int[])[1, 2, 17])
            {
                var x = Inputs.Floats(tokens * columns, random);
                var buffer = new byte[QuantizedActivations.Bytes(tokens, columns)];
                var scratch = new byte[kernel.ScratchBytes(columns)];
                var y = new float[tokens * rows];
                fixed (byte* w = weight, b = buffer, s = scratch)
                fixed (float* px = x, py = y)
                {
                    var a = QuantizedActivations.In(b, tokens, columns);
                    for (var t = 0; t < tokens; t++)
                    {
                        a.Quantize<ScalarLanes>(px + (t * columns), columns, t);
                    }

                    var call = new MatrixCall(rung, (nint)w, rows, columns, tokens, (nint)py, rows, false);
                    var blocks = (rows + kernel.RowsPerBlock - 1) / kernel.RowsPerBlock;
                    kernel.MultiplyInt8(call, a, 0, blocks, s);
                    digest.Add<float>(y);
                    kernel.MultiplyInt8(call with { Accumulate = true }, a, 0, blocks, s);
                    digest.Add<float>(y);
                }
            }
        }
    }

    private static void Float(MatrixKernel kernel, KernelSet rung, Digest digest)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var random = new Random(rows + columns);
            var weight = RandomWeights.Resident(kernel, rows, columns, random);
            foreach (var tokens in (int[])[1, 2, 5])
            {
                var x = Inputs.Floats(tokens * columns, random);
                var y = new float[tokens * rows];
                var scratch = new byte[Math.Max(1, kernel.ScratchBytes(columns))];
                fixed (byte* w = weight, s = scratch)
                fixed (float* px = x, py = y)
                {
                    var call = new MatrixCall(rung, (nint)w, rows, columns, tokens, (nint)py, rows, false);
                    var blocks = (rows + kernel.RowsPerBlock - 1) / kernel.RowsPerBlock;
                    kernel.MultiplyFloat(call, px, columns, 0, blocks, s);
                    digest.Add<float>(y);
                    kernel.MultiplyFloat(call with { Accumulate = true }, px, columns, 0, blocks, s);
                    digest.Add<float>(y);
                }
            }
        }
    }

    private static void Dequantise(MatrixKernel kernel, Digest digest)
    {
        const int Rows = 20, Columns = 576;
        var weight = RandomWeights.Resident(kernel, Rows, Columns, new Random(1));
        var values = new float[Columns];
        for (var row = 0; row < Rows; row++)
        {
            fixed (byte* w = weight)
            fixed (float* v = values)
            {
                kernel.Dequantize(w, Rows, Columns, row, v);
            }

            digest.Add<float>(values);
        }
    }
}
