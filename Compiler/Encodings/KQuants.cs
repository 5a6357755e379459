using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>Q2_K: 256 elements in groups of 16, d·s · q − dmin·m. 16 bytes (s low, m high nibble), 64 bytes of 2-bit codes, half d, half dmin.</summary>
internal sealed class Q2_K() : BlockEncoding(
    "Q2_K", 10, 256, Minimum + 2, Grouped(bits: 2, columns: 16, ScaleKind.TwoLevel, minimum: true), Scale, Minimum)
{
    private const int SubScales = 0;
    private const int Codes = 16;
    private const int Scale = Codes + 64;
    private const int Minimum = Scale + 2;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        to.SuperMinimum[0] = HalfAt(block, Minimum);
        for (var g = 0; g < 16; g++)
        {
            to.SubScales[g] = (sbyte)(block[SubScales + g] & 15);
            to.SubMinima[g] = (sbyte)-(block[SubScales + g] >> 4);
        }

        var pairs = block.Slice(Codes, 64);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            to.Codes[i] = (byte)Bits.Pair(pairs, i);
        }
    }
}

/// <summary>
/// Q3_K: 256 elements in groups of 16, d·(s − 32) · (q − 4). 32 bytes of third bits, 64 bytes of 2-bit codes, 16 scales of 6 bits in 12 bytes
/// (8 bytes with the low four bits, then 4 with the high two), half d.
/// </summary>
internal sealed class Q3_K() : BlockEncoding("Q3_K", 11, 256, Scale + 2, Grouped(bits: 3, columns: 16, ScaleKind.TwoLevel, offset: 4), Scale)
{
    private const int ThirdBits = 0;
    private const int Codes = 32;
    private const int SubScales = Codes + 64;
    private const int Scale = SubScales + 12;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        for (var g = 0; g < 16; g++)
        {
            var low = block[SubScales + (g & 7)] >> (4 * (g >> 3)) & 15;
            var high = block[SubScales + 8 + (g & 3)] >> (2 * (g >> 2)) & 3;
            to.SubScales[g] = (sbyte)((low | (high << 4)) - 32);
        }

        var pairs = block.Slice(Codes, 64);
        var thirds = block.Slice(ThirdBits, 32);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            to.Codes[i] = (byte)(Bits.Pair(pairs, i) | (Bits.Single(thirds, i) << 2));
        }
    }
}

/// <summary>Q4_K: 256 elements in groups of 32, d·s · q − dmin·m. Half d, half dmin, 8 pairs of 6-bit s and m in 12 bytes, 128 bytes of nibbles.</summary>
internal sealed class Q4_K() : BlockEncoding(
    "Q4_K", 12, 256, Codes + 128, Grouped(bits: 4, columns: 32, ScaleKind.TwoLevel, minimum: true), Scale, Minimum)
{
    private const int Scale = 0;
    private const int Minimum = 2;
    private const int SubScales = 4;
    private const int Codes = SubScales + 12;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        to.SuperMinimum[0] = HalfAt(block, Minimum);
        SplitScales(block.Slice(SubScales, 12), to);
        SplitCodes(block.Slice(Codes, 128), to);
    }

    /// <summary>
    /// Groups 0 to 3: the low 6 bits of byte g (s) and of byte 4 + g (m). Groups 4 to 7: the nibbles of byte 4 + g, with their
    /// top two bits in those of bytes g − 4 (s) and g (m).
    /// </summary>
    internal static void SplitScales(ReadOnlySpan<byte> packed, in GroupedBlock to)
    {
        for (var g = 0; g < 4; g++)
        {
            to.SubScales[g] = (sbyte)(packed[g] & 63);
            to.SubMinima[g] = (sbyte)-(packed[4 + g] & 63);
            to.SubScales[4 + g] = (sbyte)((packed[8 + g] & 15) | (packed[g] >> 6 << 4));
            to.SubMinima[4 + g] = (sbyte)-((packed[8 + g] >> 4) | (packed[4 + g] >> 6 << 4));
        }
    }

    /// <summary>Each 32 bytes: the low nibbles of one group, the high nibbles of the next.</summary>
    internal static void SplitCodes(ReadOnlySpan<byte> packed, in GroupedBlock to)
    {
        for (var i = 0; i < packed.Length; i += 32)
        {
            Bits.Nibbles(packed.Slice(i, 32), to.Codes.Slice(2 * i, 64));
        }
    }
}

/// <summary>Q5_K: as Q4_K with a fifth bit per code. Half d, half dmin, 12 bytes of s and m, 32 bytes of fifth bits, 128 bytes of nibbles.</summary>
internal sealed class Q5_K() : BlockEncoding(
    "Q5_K", 13, 256, Codes + 128, Grouped(bits: 5, columns: 32, ScaleKind.TwoLevel, minimum: true), Scale, Minimum)
{
    private const int Scale = 0;
    private const int Minimum = 2;
    private const int SubScales = 4;
    private const int FifthBits = SubScales + 12;
    private const int Codes = FifthBits + 32;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        to.SuperMinimum[0] = HalfAt(block, Minimum);
        Q4_K.SplitScales(block.Slice(SubScales, 12), to);
        Q4_K.SplitCodes(block.Slice(Codes, 128), to);
        var fifths = block.Slice(FifthBits, 32);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            to.Codes[i] |= (byte)(Bits.Single(fifths, i) << 4);
        }
    }
}

/// <summary>Q6_K: 256 elements in groups of 16, d·s · (q − 32) with s a signed byte. 128 bytes of nibbles, 64 of the upper two bits, 16 of s, half d.</summary>
internal sealed class Q6_K() : BlockEncoding("Q6_K", 14, 256, Scale + 2, Grouped(bits: 6, columns: 16, ScaleKind.TwoLevel, offset: 32), Scale)
{
    private const int Codes = 0;
    private const int UpperBits = 128;
    private const int SubScales = UpperBits + 64;
    private const int Scale = SubScales + 16;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        to.SuperScale[0] = HalfAt(block, Scale);
        for (var g = 0; g < 16; g++)
        {
            to.SubScales[g] = (sbyte)block[SubScales + g];
        }

        // Each 64 bytes: the low nibbles of 64 elements, the high nibbles of the next 64.
        Bits.Nibbles(block.Slice(Codes, 64), to.Codes[..128]);
        Bits.Nibbles(block.Slice(Codes + 64, 64), to.Codes[128..]);
        var upper = block.Slice(UpperBits, 64);
        for (var i = 0; i < to.Codes.Length; i++)
        {
            to.Codes[i] |= (byte)(Bits.Pair(upper, i) << 4);
        }
    }
}
