namespace ModelPack.Compiler.Encodings;

/// <summary>The bit arrangements that ggml's block formats share.</summary>
internal static class Bits
{
    /// <summary>n bytes to 2n codes: the low nibbles, then the high nibbles.</summary>
    public static void Nibbles(ReadOnlySpan<byte> packed, Span<byte> codes)
    {
        var high = codes[packed.Length..];
        for (var i = 0; i < packed.Length; i++)
        {
            codes[i] = (byte)(packed[i] & 15);
            high[i] = (byte)(packed[i] >> 4);
        }
    }

    /// <summary>64 bytes to 256 values of 2 bits: element i lies in byte 32·(i / 128) + i mod 32, at bit 2·(i / 32 mod 4).</summary>
    public static int Pair(ReadOnlySpan<byte> packed, int i) => (packed[(i >> 7 << 5) + (i & 31)] >> (2 * ((i >> 5) & 3))) & 3;

    /// <summary>32 bytes to 256 bits: element i lies in byte i mod 32, at bit i / 32.</summary>
    public static int Single(ReadOnlySpan<byte> packed, int i) => (packed[i & 31] >> (i >> 5)) & 1;
}
