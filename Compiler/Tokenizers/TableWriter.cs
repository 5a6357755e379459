using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>Puts the sections of tokenizer tables one after the other and fills in their places.</summary>
internal sealed class TableWriter
{
    private readonly MemoryStream _stream = new();
    private readonly byte[] _header = new byte[TokenizerLayout.HeaderBytes];

    public TableWriter() => _stream.Write(_header);

    public void Add(TokenizerLayout.Section section, ReadOnlySpan<byte> bytes)
    {
        var entry = _header.AsSpan(TokenizerLayout.SectionsAt + ((int)section * 8));
        BinaryPrimitives.WriteUInt32LittleEndian(entry, checked((uint)_stream.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)bytes.Length);
        _stream.Write(bytes);
    }

    public void Add(TokenizerLayout.Section section, ReadOnlySpan<uint> numbers) => Add(section, MemoryMarshal.AsBytes(numbers));

    public void Add(TokenizerLayout.Section section, ReadOnlySpan<ushort> numbers) => Add(section, MemoryMarshal.AsBytes(numbers));

    /// <summary>The tables, with all of the header that says where things are.</summary>
    public byte[] Finish()
    {
        _stream.Write(new byte[TokenizerLayout.TailBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(TokenizerLayout.MagicAt), TokenizerLayout.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(TokenizerLayout.VersionAt), TokenizerLayout.LayoutVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(TokenizerLayout.TotalBytesAt), checked((uint)_stream.Length));
        var tables = _stream.ToArray();
        _header.CopyTo(tables, 0);
        return tables;
    }
}
