namespace ModelPack.Kernels;

/// <summary>
/// The integer half of a rung: products of unsigned codes with signed int8 activations, exact in int32, over the layout of
/// <see cref="Formats.GroupedLayout"/>. The float half is an <see cref="ILanes{TSelf}"/>; the two meet in memory, as exact floats, so that each stays
/// a small method (a kernel beyond the JIT's inlining budget runs ten times slower).
/// </summary>
internal unsafe interface IDotRung
{
    /// <summary>Tokens that <see cref="DotPanel{F}"/> multiplies at once.</summary>
    static abstract int TileTokens { get; }

    /// <summary>
    /// For each unit (each half of a unit, where groups have 16 columns) of a row group: Σ value·a for 16 rows; value = code − Offset, or the codebook's entry.
    /// </summary>
    /// <param name="rowGroup">The row group, headers included.</param>
    /// <param name="units">Units in a row.</param>
    /// <param name="a">[units, 32] activations.</param>
    /// <param name="sums">[units, 2] sums of 16 activations each.</param>
    /// <param name="dots">Result: [units, 1 or 2, 16].</param>
    static abstract void DotRow<F>(byte* rowGroup, int units, sbyte* a, int* sums, float* dots)
        where F : struct, IGroupedForm;

    /// <summary>
    /// The unit's 8 quads as unsigned bytes, 512 in all: codes, or 128 + the codebook's entry.
    /// </summary>
    static abstract void Unpack<F>(byte* planes, byte* quads)
        where F : struct, ICodeForm;

    /// <summary>
    /// Σ value·a over unpacked quads for <see cref="TileTokens"/> tokens.
    /// </summary>
    /// <param name="quads">First quad.</param>
    /// <param name="quadCount">8 or 4.</param>
    /// <param name="a">Activations of the first token under the first quad.</param>
    /// <param name="stride">Bytes from one token's activations to the next.</param>
    /// <param name="sums">For each token the sum of the activations under the quads.</param>
    /// <param name="dots">Result: [tokens, 16] exact floats.</param>
    static abstract void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, ICodeForm;
}
