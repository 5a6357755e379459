namespace ModelPack.Entropy;

/// <summary>
/// 64 interleaved rANS decoders (Duda 2013) that share one stream of 16-bit words. A step decodes one symbol in each lane; then the lanes whose state fell
/// below 2^16 take a word each, in the order of the lanes.
/// </summary>
/// <remarks>
/// <code>
/// slot = x mod 4096, (symbol, frequency, index) by the table;  x = frequency · (x div 4096) + index;  if x &lt; 2^16: x = 2^16 · x + next word
/// </code>
/// A state is in [2^16, 2^32), so one word always suffices. Lane 16·v + i gives byte 4·i + v of a step's 64 symbols: four vectors of 16 lanes become the bytes of a quad.
/// </remarks>
internal unsafe interface IRansRung
{
    /// <summary>Decodes <paramref name="steps"/> steps.</summary>
    /// <param name="tables">For each step: 48 words of <see cref="RansTable.Words"/>.</param>
    /// <param name="states">[64], changed.</param>
    /// <param name="words">Next word; 64 words for each step, and 32 more, are readable.</param>
    /// <param name="symbols">[steps, 64] result.</param>
    /// <returns>The word after the last one taken.</returns>
    static abstract ushort* Decode(uint** tables, uint* states, ushort* words, int steps, byte* symbols);
}

/// <summary>Sizes of a stream.</summary>
internal static class RansStream
{
    public const int Lanes = 64;

    /// <summary>Least state, and the state that encoders begin with and decoders must end with.</summary>
    public const uint Low = 1 << 16;

    /// <summary>Words that may be read beyond the last one taken.</summary>
    public const int Slack = 32;
}
