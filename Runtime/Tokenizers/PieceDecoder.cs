using System.Text;

namespace ModelPack;

/// <summary>Streams text: bytes that are no whole character yet wait for the next token.</summary>
internal sealed class PieceDecoder(TableTokenizer tokenizer, bool special) : StreamingDecoder
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private TableTokenizer.PieceState _state = new(special);

    public override string Append(int id)
    {
        using var bytes = new PooledList<byte>(64);
        tokenizer.AppendPiece(id, ref _state, bytes);
        return Text(bytes.Span, flush: false);
    }

    public override string Flush() => Text([], flush: true);

    private string Text(ReadOnlySpan<byte> bytes, bool flush)
    {
        // At most one character a byte, and what waited before them.
        Span<char> characters = bytes.Length <= 256 ? stackalloc char[bytes.Length + 8] : new char[bytes.Length + 8];
        return new string(characters[.._utf8.GetChars(bytes, characters, flush)]);
    }
}
