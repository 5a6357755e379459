using System.Buffers.Binary;
using System.Text;

namespace ModelPack.Compiler.Export;

/// <summary>A tensor of a GGUF file to be written.</summary>
/// <param name="Shape">Outermost dimension first.</param>
/// <param name="GgmlId">ggml's type number.</param>
/// <param name="Bytes">Bytes of its data.</param>
internal sealed record GgufTensorEntry(string Name, IReadOnlyList<long> Shape, int GgmlId, long Bytes);

/// <summary>
/// Writes a GGUF file, version 3 (github.com/ggml-org/ggml, docs/gguf.md), front to back: header and metadata first, then each tensor's data as it comes.
/// </summary>
internal sealed class GgufWriter
{
    private const uint Version = 3;
    private readonly Stream _stream;
    private readonly long _alignment;
    private long _position;

    /// <summary>Writes everything before the data.</summary>
    /// <param name="stream">Written from its current position, which is the file's start.</param>
    /// <param name="metadata">Encoded entries.</param>
    /// <param name="keys">Their number.</param>
    /// <param name="alignment">What <c>general.alignment</c> in the metadata says, or 32.</param>
    /// <param name="tensors">In the order in which <see cref="Write"/> will bring their data.</param>
    public GgufWriter(Stream stream, ReadOnlySpan<byte> metadata, long keys, long alignment, IReadOnlyList<GgufTensorEntry> tensors)
    {
        (_stream, _alignment) = (stream, alignment);
        Write("GGUF"u8);
        Write(BitConverter.GetBytes(Version));
        WriteInteger(tensors.Count);
        WriteInteger(keys);
        Write(metadata);
        long offset = 0;
        foreach (var tensor in tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            WriteInteger(name.Length);
            Write(name);
            Write(BitConverter.GetBytes(tensor.Shape.Count));
            foreach (var dimension in tensor.Shape.Reverse())
            {
                WriteInteger(dimension);
            }

            Write(BitConverter.GetBytes(tensor.GgmlId));
            WriteInteger(offset);
            offset = Align(offset + tensor.Bytes);
        }
    }

    /// <summary>Moves to where the next tensor's data begins.</summary>
    public void BeginTensor()
    {
        while (_position != Align(_position))
        {
            Write([0]);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }

    private void WriteInteger(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    private long Align(long position) => (position + _alignment - 1) / _alignment * _alignment;
}
