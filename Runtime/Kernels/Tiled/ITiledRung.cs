namespace ModelPack.Kernels;

/// <summary>
/// What the tiled family needs of a rung beside <see cref="IDotRung"/>, whose unpacking and panel products it shares: a unit's planes are laid out alike.
/// </summary>
/// <remarks>
/// <c>state</c>: [4, 64] bytes, for each sub-group of 16 rows the branch plane of the unit before, zeros at the first; <c>eight</c>: −1 for 8 states, 0 for 4.
/// </remarks>
internal unsafe interface ITiledRung : IDotRung
{
    /// <summary>acc = fma(Σ q·a, scale of the block, acc) for consecutive scalar tiles of one width.</summary>
    /// <param name="codes">The first tile.</param>
    /// <param name="first">First sub-group that is wanted.</param>
    /// <param name="end">The one behind the last.</param>
    /// <param name="blocks">Tiles.</param>
    /// <param name="x">From the first tile's block on.</param>
    /// <param name="acc">[64] by lane, those of the wanted sub-groups.</param>
    static abstract void DotTiles<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc)
        where W : struct, IWidth;

    /// <summary>The same for trellis tiles; moves <paramref name="state"/> on.</summary>
    static abstract void DotTrellis<W>(byte* codes, int first, int end, int blocks, TileInput x, float* acc, byte* state, int eight)
        where W : struct, IWidth;

    /// <summary>
    /// A unit of a trellis tile as 8 quads of unsigned bytes n + 2^width. At width 8, where that takes 9 bits, as 8 quads of the upper 7 bits,
    /// and <see cref="TiledPanels.Bytes"/> behind them 8 of the lower 2.
    /// </summary>
    /// <param name="unit">The unit's planes.</param>
    /// <param name="quads">Result.</param>
    /// <param name="state">[64] of this sub-group.</param>
    /// <param name="eight">−1 or 0.</param>
    static abstract void UnpackTrellis<W>(byte* unit, byte* quads, byte* state, int eight)
        where W : struct, IWidth;
}

/// <summary>One token's quantised activations as tiles take them.</summary>
internal unsafe readonly struct TileInput(sbyte* codes, int* sums, float* scales)
{
    /// <summary>[blocks, 64].</summary>
    public readonly sbyte* Codes = codes;

    /// <summary>[blocks]: sums of codes.</summary>
    public readonly int* Sums = sums;

    /// <summary>[blocks].</summary>
    public readonly float* Scales = scales;

    /// <summary>From a later block on.</summary>
    public TileInput From(int block) => new(Codes + (64 * (nint)block), Sums + block, Scales + block);
}
