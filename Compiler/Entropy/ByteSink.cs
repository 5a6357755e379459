using System.Buffers.Binary;

namespace ModelPack.Compiler.Entropy;

/// <summary>Small numbers written front to back: the counterpart of <see cref="ModelPack.Entropy.ByteCursor"/>.</summary>
internal sealed class ByteSink
{
    private readonly MemoryStream _stream = new();

    public int Count => (int)_stream.Length;

    public void U8(int value) => _stream.WriteByte(checked((byte)value));

    public void U16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value));
        _stream.Write(bytes);
    }

    public void I32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _stream.Write(bytes);
    }

    public void Varint(int value)
    {
        var left = checked((uint)value);
        for (; left >= 128; left >>= 7)
        {
            _stream.WriteByte((byte)(left | 128));
        }

        _stream.WriteByte((byte)left);
    }

    public void Bytes(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public byte[] ToArray() => _stream.ToArray();
}
