using System.Runtime.InteropServices;
using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Export;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Import.Gguf;
using ModelPack.Formats;

namespace ModelPack.Compiler.Calibration;

/// <summary>
/// A high-precision stand-in for a model that was published quantised: every weight is moved off its grid by a uniform part of the grid's step,
/// value = dequantised + (u − ½)·d, u from splitmix64 by the element's and the tensor's index; stored as f16. Quality of a compressed form is measured against it.
/// Tensors that are no grids (F32, F16, BF16, F64) stay as they are.
/// </summary>
internal static class ReferenceModel
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const int F16Id = 1;
    private const int RowsAtOnce = 4096;

    /// <summary>Writes the reference model of a GGUF file; the same bytes for any number of threads.</summary>
    /// <exception cref="ModelPackException">MP3401: a tensor is on no uniform grid, or leaves the range of f16; MP2013.</exception>
    public static void Write(GgufSource source, Stream output, int threads, Action<double> progress, CancellationToken cancellation)
    {
        var tensors = source.Tensors.Select(t => new GgufTensorEntry(t.Name, t.Shape, IsGrid(source, t) ? F16Id : t.Encoding.GgmlId, IsGrid(source, t) ? t.Rows * t.Columns * 2 : t.ByteLength)).ToList();
        var writer = new GgufWriter(output, source.MetadataBytes, source.MetadataKeys, source.Alignment, tensors);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        long done = 0, total = tensors.Sum(t => t.Bytes);
        for (var index = 0; index < tensors.Count; index++)
        {
            writer.BeginTensor();
            WriteTensor(source, index, writer, options);
            done += tensors[index].Bytes;
            progress((double)done / total);
        }
    }

    /// <summary>The uniform of an element: [0, 1), a multiple of 2^−24.</summary>
    /// <param name="element">Index in the tensor, row-major.</param>
    /// <param name="tensor">Index in the file.</param>
    public static float Uniform(long element, int tensor)
    {
        var state = unchecked((ulong)element + (Gamma * (ulong)tensor));
        return (Xoshiro256.SplitMix64(ref state) >> 40) * (1f / (1 << 24));
    }

    private static bool IsGrid(GgufSource source, SourceTensor tensor) => tensor.Encoding.Resident switch
    {
        { Family: WeightFamily.Plain } => false,
        { Codebook: CodebookId.None } => true,
        _ => throw new ModelPackException(
            CompilerCodes.ReferenceUnsupported,
            $"'{source.Path}': tensor '{tensor.Name}' is {tensor.Encoding.Name}, whose levels are not evenly spaced, so no step is known to move its weights by. Make the reference from a file in other types (Q4_0, Q4_1, Q5_x, Q8_0, K-quants)."),
    };

    private static void WriteTensor(GgufSource source, int index, GgufWriter writer, ParallelOptions options)
    {
        var tensor = source.Tensors[index];
        var isGrid = IsGrid(source, tensor);
        for (long first = 0; first < tensor.Rows; first += RowsAtOnce)
        {
            var count = (int)Math.Min(RowsAtOnce, tensor.Rows - first);
            var rows = new byte[count][];
            Parallel.For(0, count, options, i =>
            {
                FiniteCheck.Row(source, tensor, first + i);
                rows[i] = isGrid ? OffGrid(source, tensor, index, first + i) : tensor.RowBytes(first + i).ToArray();
            });
            foreach (var row in rows)
            {
                writer.Write(row);
            }
        }
    }

    /// <summary>One row, dequantised and moved, as f16.</summary>
    private static byte[] OffGrid(GgufSource source, SourceTensor tensor, int index, long row)
    {
        var columns = checked((int)tensor.Columns);
        var steps = Steps(tensor, row, columns);
        var group = tensor.Encoding.Resident.GroupColumns;
        var values = new float[columns];
        tensor.DequantizeRow(row, values);
        var bytes = new byte[columns * 2];
        var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        for (var j = 0; j < columns; j++)
        {
            // Two roundings, as the recipe has it: no fused multiply-add.
            var moved = (Uniform((row * columns) + j, index) - 0.5f) * steps[j / group];
            halves[j] = (Half)(values[j] + moved);
            if (!Half.IsFinite(halves[j]))
            {
                throw new ModelPackException(
                    CompilerCodes.ReferenceUnsupported,
                    $"'{source.Path}': element {j} of row {row} of tensor '{tensor.Name}' is {values[j]}, beyond the range of f16 (±65504) in which the reference model is stored.");
            }
        }

        return bytes;
    }

    /// <summary>Step of each group of columns.</summary>
    private static float[] Steps(SourceTensor tensor, long row, int columns)
    {
        var format = tensor.Encoding.Resident;
        var split = new GroupedRow(columns, format);
        tensor.Encoding.Split(tensor.RowBytes(row), split);
        if (format.Scale != ScaleKind.TwoLevel)
        {
            return split.Scales;
        }

        var perSuper = 256 / format.GroupColumns;
        return [.. split.SubScales.Select((s, g) => (float)split.SuperScales[g / perSuper] * s)];
    }
}
