using System.Buffers.Binary;

namespace ModelPack.Entropy;

/// <summary>Reads small numbers front to back; nothing beyond the end is ever read.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Left => _bytes.Length - Position;

    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Left)
        {
            throw new CorruptStreamException($"it ends at byte {_bytes.Length}, where {count} more bytes were expected at {Position}");
        }

        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    public byte U8() => Take(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>7 bits a byte, lowest first, at most five bytes and 2³¹ − 1.</summary>
    public int Varint()
    {
        long value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var b = U8();
            value |= (long)(b & 127) << shift;
            if (b < 128)
            {
                return value <= int.MaxValue ? (int)value : throw new CorruptStreamException($"the number before byte {Position} is too large");
            }
        }

        throw new CorruptStreamException($"the number before byte {Position} has no end");
    }
}
