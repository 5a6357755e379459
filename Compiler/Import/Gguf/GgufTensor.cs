using ModelPack.Compiler.Encodings;

namespace ModelPack.Compiler.Import.Gguf;

/// <summary>A tensor of a GGUF file; sizes and offsets were checked by <see cref="GgufTensorTable"/>.</summary>
internal sealed class GgufTensor(MappedFile file, string name, long[] shape, TensorEncoding encoding, long offset, long rowBytes, long rows) : SourceTensor
{
    public override string Name => name;

    public override IReadOnlyList<long> Shape => shape;

    public override TensorEncoding Encoding => encoding;

    public override long ByteOffset => offset;

    public override long ByteLength => rowBytes * rows;

    public override ReadOnlySpan<byte> RowBytes(long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, rows);
        return file.Span(offset + (row * rowBytes), (int)rowBytes);
    }
}
