namespace ModelPack.Entropy;

/// <summary>
/// Interleaved rANS (J. Duda, "Asymmetric numeral systems", 2013): 64 states of 32 bits share one stream of 16-bit words.
/// </summary>
/// <remarks>
/// <para>The unit of decoding is a <em>block</em> of 256 symbols, one byte each. Byte 64·v + 4·l + j of a block is decoded at step j (0 … 3) by state 16·v + l,
/// under a table that belongs to (j, v). So four vectors of 16 dword lanes decode a block in four steps, and what they leave behind are four quads
/// (<see cref="Formats.GroupedLayout"/>) without any transposition.</para>
/// <para>A decoding step of one state x under a table of frequencies f and sums to 2^13:
/// slot = x mod 2^13 names symbol s and its offset r; x ← f_s · ⌊x / 2^13⌋ + r; where x &lt; 2^16: x ← 2^16 · x + the next word.
/// States that need a word take theirs in the order vector, lane. Encoding starts with every state at 2^16, so decoding ends there: a check that costs nothing.</para>
/// </remarks>
internal static class RansFormat
{
    /// <summary>Frequencies of a table sum to 2^13.</summary>
    public const int ScaleBits = 13;
    public const int Scale = 1 << ScaleBits;

    /// <summary>States never fall below it, and all stand there in the end.</summary>
    public const uint LowerBound = 1 << 16;

    public const int States = 64;
    public const int Vectors = 4;
    public const int Steps = 4;

    /// <summary>Symbols, and bytes, of a block.</summary>
    public const int BlockSymbols = 256;

    /// <summary>Tables of a block: 4 · step + vector.</summary>
    public const int BlockTables = 16;

    /// <summary>Most words that a block takes: one per symbol.</summary>
    public const int BlockWords = 256;

    /// <summary>Words that a rung may read, not use, behind those it takes.</summary>
    public const int WordsAhead = 16;

    /// <summary>Words of the states at the head of a stream.</summary>
    public const int StateWords = 2 * States;
}

/// <summary>How many symbols tables have, and whether lanes follow the path of a trellis.</summary>
internal enum RansAlphabet : byte
{
    /// <summary>16 symbols.</summary>
    Narrow = 0,

    /// <summary>32 symbols.</summary>
    Wide = 1,

    /// <summary>64 symbols.</summary>
    Full = 2,

    /// <summary>
    /// Symbols whose lowest bit moves a trellis on; each table has either 64 symbols, or two times 32 of which the lane's previous branch bit chooses.
    /// </summary>
    Path = 3,
}
