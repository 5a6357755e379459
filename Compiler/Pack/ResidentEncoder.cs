using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelPack.Compiler.Encodings;
using ModelPack.Compiler.Import;
using ModelPack.Formats;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Packing;

/// <summary>
/// Lays a source tensor out in its resident form, values unchanged (<c>Quality="Source"</c>): rows of floats for the plain family,
/// row groups of codes and scales (<see cref="GroupedLayout"/>) for the grouped one.
/// </summary>
internal static class ResidentEncoder
{
    /// <summary>The resident bytes of a whole tensor; they do not depend on <paramref name="threads"/> (−1: all cores).</summary>
    public static byte[] Encode(SourceTensor tensor, int rows, int columns, int threads = -1)
    {
        var format = tensor.Encoding.Resident;
        var kernel = KernelTable.Find(format)
            ?? throw new InvalidOperationException($"{tensor.Encoding.Name} wants resident format '{format}', which has no kernels.");
        var bytes = kernel.Bytes(rows, columns);
        if (bytes > Array.MaxLength)
        {
            throw new ModelPackException(CompilerCodes.TensorTooLarge, $"tensor '{tensor.Name}' takes {bytes} bytes; at most {Array.MaxLength} are possible in one tensor.");
        }

        var target = new byte[bytes];
        if (format.Family == WeightFamily.Plain)
        {
            EncodePlain(tensor, format.Plain, rows, columns, target);
        }
        else
        {
            EncodeGrouped(tensor, new(format, rows, columns), target, threads);
        }

        return target;
    }

    /// <summary>Values that the compiler makes itself, as a plain f32 weight.</summary>
    public static byte[] EncodeFloats(ReadOnlySpan<float> values)
    {
        var target = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(target.AsSpan(i * sizeof(float)), values[i]);
        }

        return target;
    }

    private static void EncodePlain(SourceTensor tensor, PlainType type, int rows, int columns, byte[] target)
    {
        var rowBytes = columns * (type == PlainType.F32 ? 4 : 2);
        // Stored as in the file, where the file's elements are these very ones.
        var verbatim = tensor.Encoding.BlockElements == 1 && tensor.Encoding.Name == type.ToString();
        var values = new float[columns];
        for (var row = 0; row < rows; row++)
        {
            var to = target.AsSpan(row * rowBytes, rowBytes);
            if (verbatim)
            {
                tensor.RowBytes(row).CopyTo(to);
                continue;
            }

            if (type != PlainType.F32)
            {
                throw new InvalidOperationException($"{tensor.Encoding.Name} cannot become {type} without loss.");
            }

            tensor.DequantizeRow(row, values);
            MemoryMarshal.AsBytes<float>(values).CopyTo(to);
        }
    }

    private static void EncodeGrouped(SourceTensor tensor, GroupedLayout layout, byte[] target, int threads)
    {
        // Rows beyond the last are padding: codes that stand for zero where possible, scales zero.
        Parallel.For(
            0,
            layout.RowGroups,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            () => Enumerable.Range(0, GroupedLayout.RowGroupRows).Select(_ => new GroupedRow(layout.Columns, layout.Format)).ToArray(),
            (group, _, rows) =>
            {
                var first = group * GroupedLayout.RowGroupRows;
                var count = Math.Min(GroupedLayout.RowGroupRows, layout.Rows - first);
                for (var r = 0; r < count; r++)
                {
                    tensor.Encoding.Split(tensor.RowBytes(first + r), rows[r]);
                }

                EncodeRowGroup(rows, count, layout, target.AsSpan((int)(group * layout.RowGroupBytes), (int)layout.RowGroupBytes));
                return rows;
            },
            _ => { });
    }

    /// <summary>One row group; <paramref name="count"/> of the 16 rows exist.</summary>
    public static unsafe void EncodeRowGroup(GroupedRow[] rows, int count, GroupedLayout layout, Span<byte> target)
    {
        var format = layout.Format;
        var at = 0;
        for (var u = 0; u < layout.Units; u++)
        {
            if (layout.HasSuper(u))
            {
                at = Put(target, at, count, r => rows[r].SuperScales[u / 8]);
                if (format.HasMinimum)
                {
                    at = Put(target, at, count, r => rows[r].SuperMinima[u / 8]);
                }
            }

            if (layout.HasScales(u))
            {
                for (var part = 0; part < layout.GroupsPerUnit; part++)
                {
                    var group = (u * GroupedLayout.UnitColumns / format.GroupColumns) + part;
                    at = PutScale(target, at, count, format.Scale, rows, group, minimum: false);
                    if (format.HasMinimum)
                    {
                        at = PutScale(target, at, count, format.Scale, rows, group, minimum: true);
                    }
                }
            }

            fixed (byte* planes = target.Slice(at, layout.CodeBytes))
            {
                for (var r = 0; r < count; r++)
                {
                    var codes = rows[r].Codes;
                    var columns = Math.Min(GroupedLayout.UnitColumns, layout.Columns - (u * GroupedLayout.UnitColumns));
                    for (var c = 0; c < columns; c++)
                    {
                        GroupedCodes.SetCode(planes, format.CodeBits, r, c, codes[(u * GroupedLayout.UnitColumns) + c]);
                    }
                }
            }

            at += layout.CodeBytes;
        }
    }

    private static int Put(Span<byte> target, int at, int count, Func<int, Half> value)
    {
        for (var r = 0; r < count; r++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(target[(at + (2 * r))..], value(r));
        }

        return at + (2 * GroupedLayout.RowGroupRows);
    }

    private static int PutScale(Span<byte> target, int at, int count, ScaleKind kind, GroupedRow[] rows, int group, bool minimum)
    {
        var bytes = GroupedLayout.ScaleElementBytes(kind);
        for (var r = 0; r < count; r++)
        {
            var to = target[(at + (bytes * r))..];
            // A group that begins beyond the last column is padding.
            if (group >= rows[r].Scales.Length)
            {
                continue;
            }

            var value = minimum ? rows[r].Minima[group] : rows[r].Scales[group];
            switch (kind)
            {
                case ScaleKind.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(to, Exactly(value));
                    break;
                case ScaleKind.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(to, value);
                    break;
                case ScaleKind.TwoLevel:
                    to[0] = unchecked((byte)(minimum ? rows[r].SubMinima[group] : rows[r].SubScales[group]));
                    break;
                case ScaleKind.PowerOfTwo:
                    to[0] = checked((byte)(MathF.ILogB(value) + 128));
                    break;
            }
        }

        return at + (bytes * GroupedLayout.RowGroupRows);
    }

    private static Half Exactly(float value) => (float)(Half)value == value
        ? (Half)value
        : throw new InvalidOperationException($"A scale of {value:R} is not an IEEE half; its encoding must use ScaleKind.F32.");
}
