namespace ModelPack.Compiler.Calibration.Engine;

/// <summary>
/// The inner loop of a matrix product: C[Rows, Columns] = (C +) Σ_k a_k b_kᵀ. Every element is one chain of fused multiply-adds over k in order, started from C
/// (or from zero), so tiles of every shape and every register width give the same bits, and cutting k into blocks changes none.
/// </summary>
internal unsafe interface IGemmTile
{
    static abstract int Rows { get; }

    static abstract int Columns { get; }

    /// <param name="k">Length of the sums.</param>
    /// <param name="a">[k, Rows].</param>
    /// <param name="b">[k, Columns].</param>
    /// <param name="c">Rows <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">Floats from a row of C to the next.</param>
    /// <param name="accumulate">Starts the sums from C.</param>
    static abstract void Run(int k, float* a, float* b, float* c, nint stride, bool accumulate);
}
