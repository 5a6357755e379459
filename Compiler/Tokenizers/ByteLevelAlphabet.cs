using System.Text;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>
/// GPT-2's printable alphabet for bytes: a byte that is a printable Latin-1 character stands for itself, the others, in order, for U+0100 and on
/// (openai/gpt-2, src/encoder.py, <c>bytes_to_unicode</c>).
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly ushort[] s_characterOf = new ushort[256];
    private static readonly Dictionary<int, byte> s_byteOf = [];

    static ByteLevelAlphabet()
    {
        var next = 0x100;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            s_characterOf[value] = (ushort)(printable ? value : next++);
            s_byteOf[s_characterOf[value]] = (byte)value;
        }
    }

    /// <summary>The bytes that <paramref name="text"/> stands for, or null where it has characters outside the alphabet.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        var bytes = new List<byte>(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != System.Buffers.OperationStatus.Done || !s_byteOf.TryGetValue(rune.Value, out var value))
            {
                return null;
            }

            bytes.Add(value);
            text = text[length..];
        }

        return [.. bytes];
    }

    /// <summary>The printable form of one byte, in UTF-8.</summary>
    public static byte[] Encode(byte value) => Encoding.UTF8.GetBytes(((char)s_characterOf[value]).ToString());
}
