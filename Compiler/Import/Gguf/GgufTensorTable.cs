using System.Numerics;
using ModelPack.Compiler.Encodings;

namespace ModelPack.Compiler.Import.Gguf;

/// <summary>Reads the list of tensors (name, dimensions, type, offset) and checks each against the file and against the others.</summary>
internal sealed class GgufTensorTable(GgufCursor cursor, ImportLimits limits)
{
    private const int MaxDimensions = 4;

    /// <summary>Alignment of the data section, and of each tensor in it, unless <c>general.alignment</c> says otherwise.</summary>
    private const long DefaultAlignment = 32;

    private readonly MappedFile _file = cursor.File;
    private long _elements;

    private sealed record Header(string Name, long[] Shape, TensorEncoding Encoding, ulong RelativeOffset, long RowBytes, long Rows);

    public static long Alignment(ModelMetadata metadata, string path)
    {
        const string Key = "general.alignment";
        var alignment = metadata.TryInteger(Key) ?? DefaultAlignment;
        return alignment is > 0 and <= 1 << 20 && BitOperations.IsPow2(alignment) ? alignment : throw new ModelPackException(
            CompilerCodes.HeaderMalformed,
            $"'{path}': metadata '{Key}' is {alignment}; a power of two of at most {1 << 20} was expected. The file is damaged.");
    }

    public GgufTensor[] Read(ulong count, long alignment)
    {
        var headers = new List<Header>();
        var names = new HashSet<string>();
        for (ulong i = 0; i < count; i++)
        {
            var header = ReadHeader(i);
            headers.Add(names.Add(header.Name) ? header : throw new ModelPackException(
                CompilerCodes.NameDuplicate,
                $"'{_file.Path}': tensor '{header.Name}' (#{i}) is in the list twice; names must differ. The file was written by a faulty tool."));
        }

        var dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
        var tensors = headers.ConvertAll(h => Place(h, dataStart, alignment)).ToArray();
        CheckOverlap(tensors);
        return tensors;
    }

    private Header ReadHeader(ulong index)
    {
        var name = cursor.Name($"tensor #{index}");
        var what = $"tensor '{name}'";
        var shape = ReadShape(what);
        var at = cursor.Position;
        var type = cursor.UInt32($"the type of {what}");
        var encoding = EncodingTable.Find(type) ?? throw new ModelPackException(
            CompilerCodes.TensorTypeUnknown,
            $"'{_file.Path}', byte {at}: {what} has type {type}{EncodingTable.UnsupportedName(type)}, which ModelPack does not read. Known: {EncodingTable.KnownNames}. Use the model in one of these types.");

        var (blocks, rest) = Math.DivRem(shape[^1], encoding.BlockElements);
        if (rest != 0)
        {
            throw Shape(what, shape, $"a row of {shape[^1]} elements is no whole number of {encoding.Name} blocks of {encoding.BlockElements}");
        }

        // Both factors are below 2^40 (checked against the element limit), block bytes below 2^9.
        var rowBytes = blocks * encoding.BlockBytes;
        if (rowBytes > limits.RowBytes)
        {
            throw new ModelPackException(
                CompilerCodes.ImportLimit, $"'{_file.Path}': {what} has rows of {rowBytes} bytes; the limit is {limits.RowBytes}. Is the tensor's shape {Text(shape)} right?");
        }

        var rows = shape.Aggregate(1L, (a, b) => a * b) / shape[^1];
        return new Header(name, shape, encoding, cursor.UInt64($"the offset of {what}"), rowBytes, rows);
    }

    /// <summary>Dimensions, outermost first (the file has the innermost first).</summary>
    private long[] ReadShape(string what)
    {
        var at = cursor.Position;
        var dimensions = cursor.UInt32($"the number of dimensions of {what}");
        if (dimensions is 0 or > MaxDimensions)
        {
            throw new ModelPackException(
                CompilerCodes.TensorShape, $"'{_file.Path}', byte {at}: {what} has {dimensions} dimensions; 1 to {MaxDimensions} were expected. The file is damaged.");
        }

        var shape = new long[dimensions];
        UInt128 elements = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var size = cursor.UInt64($"dimension {shape.Length - 1 - i} of {what}");
            shape[i] = size <= long.MaxValue ? (long)size : -1;
            elements *= size;
            if (size == 0 || size > long.MaxValue || elements > long.MaxValue)
            {
                throw new ModelPackException(
                    CompilerCodes.TensorShape,
                    $"'{_file.Path}', byte {at}: dimension {shape.Length - 1 - i} of {what} is {size}{(size == 0 ? "; at least 1 was expected" : ", more elements than fit 63 bits")}. The file is damaged.");
            }
        }

        if ((long)elements > limits.Elements - _elements)
        {
            throw new ModelPackException(
                CompilerCodes.ImportLimit,
                $"'{_file.Path}': with {what} of shape {Text(shape)} the model has {elements + (UInt128)_elements} weights; the limit is {limits.Elements}. Use a smaller model.");
        }

        _elements += (long)elements;
        return shape;
    }

    private GgufTensor Place(Header header, long dataStart, long alignment)
    {
        var bytes = (UInt128)header.RowBytes * (UInt128)header.Rows;
        if (header.RelativeOffset % (ulong)alignment != 0)
        {
            throw new ModelPackException(
                CompilerCodes.TensorPlacement,
                $"'{_file.Path}': tensor '{header.Name}' starts at offset {header.RelativeOffset} of the data, which is no multiple of the file's alignment {alignment}. The file is damaged.");
        }

        var end = (UInt128)dataStart + header.RelativeOffset + bytes;
        if (end > (UInt128)_file.Length)
        {
            throw new ModelPackException(
                CompilerCodes.TensorPlacement,
                $"'{_file.Path}': tensor '{header.Name}' ({header.Encoding.Name} {Text(header.Shape)}, {bytes} bytes) would end at byte {end}, but the file has {_file.Length}. The file is truncated; fetch it again.");
        }

        return new GgufTensor(_file, header.Name, header.Shape, header.Encoding, dataStart + (long)header.RelativeOffset, header.RowBytes, header.Rows);
    }

    private void CheckOverlap(GgufTensor[] tensors)
    {
        var ordered = tensors.OrderBy(t => t.ByteOffset).ToArray();
        for (var i = 1; i < ordered.Length; i++)
        {
            var (before, after) = (ordered[i - 1], ordered[i]);
            if (before.ByteOffset + before.ByteLength > after.ByteOffset)
            {
                throw new ModelPackException(
                    CompilerCodes.TensorPlacement,
                    $"'{_file.Path}': tensor '{before.Name}' ends at byte {before.ByteOffset + before.ByteLength}, but tensor '{after.Name}' starts at byte {after.ByteOffset}: they overlap. The file is damaged.");
            }
        }
    }

    private ModelPackException Shape(string what, long[] shape, string problem) =>
        new(CompilerCodes.TensorShape, $"'{_file.Path}': {what} of shape {Text(shape)}: {problem}. The file is damaged or was written by a faulty tool.");

    private static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}
