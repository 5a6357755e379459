namespace ModelPack.Kernels;

/// <summary>
/// The integer half of a rung: products of unsigned codes with signed int8 activations, exact in int32, over the layout of
/// <see cref="Formats.GroupedLayout"/>. The float half is <typeparamref name="L"/>.
/// </summary>
internal unsafe interface IDotRung<L>
    where L : struct, ILanes<L>
{
    /// <summary>Tokens that <see cref="DotPanel{F}"/> multiplies at once.</summary>
    static abstract int TileTokens { get; }

    /// <summary>
    /// Σ over 32 columns of (value)·a for 16 rows, as exact floats; value = code − Offset, or the codebook's entry.
    /// </summary>
    /// <param name="planes">Code planes of a unit.</param>
    /// <param name="a">32 activations.</param>
    /// <param name="sum">Their sum.</param>
    static abstract L Dot32<F>(byte* planes, sbyte* a, int sum)
        where F : struct, IGroupedForm;

    /// <summary>As <see cref="Dot32{F}"/> for columns 0 … 15 and 16 … 31 apart.</summary>
    static abstract void Dot16x2<F>(byte* planes, sbyte* a, int sum0, int sum1, out L first, out L second)
        where F : struct, IGroupedForm;

    /// <summary>
    /// The unit's 8 quads as unsigned bytes, 512 in all: codes, or 128 + the codebook's entry.
    /// </summary>
    static abstract void Unpack<F>(byte* planes, byte* quads)
        where F : struct, IGroupedForm;

    /// <summary>
    /// <see cref="Dot32{F}"/> (or one half of it: <paramref name="quadCount"/> 4) on unpacked quads for <see cref="TileTokens"/> tokens.
    /// </summary>
    /// <param name="quads">First quad.</param>
    /// <param name="quadCount">8 or 4.</param>
    /// <param name="a">Activations of the first token under the first quad.</param>
    /// <param name="stride">Bytes from one token's activations to the next.</param>
    /// <param name="sums">For each token the sum of the activations under the quads.</param>
    /// <param name="dots">Result: [tokens, 16] exact floats.</param>
    static abstract void DotPanel<F>(byte* quads, int quadCount, sbyte* a, nint stride, int* sums, float* dots)
        where F : struct, IGroupedForm;
}
