using ModelPack.Compiler.Quantize;

namespace ModelPack.Compiler.Entropy;

/// <summary>What the planes of a tiled matrix hold, code by code: the quantiser's codes as far as they fit into their tiles.</summary>
/// <param name="matrix">The matrix.</param>
internal sealed class StoredCodes(TiledMatrix matrix)
{
    public const int Values = 256;

    /// <summary>
    /// A column of 64 lanes: for scalar codes k + 128; with a trellis 2 · (hi + 64) + lsb, and in bit 8 the branch bit before.
    /// </summary>
    /// <param name="group">Row group.</param>
    /// <param name="column">By position.</param>
    /// <param name="values">64.</param>
    public void Column(int group, int column, Span<short> values)
    {
        var width = matrix.Widths[(group * matrix.Blocks) + (column / TiledMatrix.TileColumns)];
        var codes = matrix.Codes.AsSpan(checked(((group * matrix.Columns) + column) * TiledMatrix.TileRows), TiledMatrix.TileRows);
        for (var lane = 0; lane < values.Length; lane++)
        {
            int code = codes[lane];
            values[lane] = matrix.States == 1
                ? (short)(Clamp(code, width) + 128)
                : (short)((2 * (Clamp(code >> 2, width - 1) + 64)) | (code >> 1 & 1) | ((code & 1) << 8));
        }
    }

    private static int Clamp(int value, int bits) => Math.Clamp(value, -(1 << (bits - 1)), (1 << (bits - 1)) - 1);
}
