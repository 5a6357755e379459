using System.Runtime.CompilerServices;
using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// The trellis's path through scalar tiles of an expanded weight. A tile of width 8 stays a trellis tile beside them and needs the last branch bits of the tile before it:
/// n = 4·hi + 2·lsb + b_(j−1) still has them, b_j = lsb_j ⊕ b_(j−2) [⊕ b_(j−3)].
/// </summary>
internal static unsafe class TiledPath
{
    /// <summary>Whether a trellis tile lies behind a scalar one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Continues(byte* kinds, int block) =>
        (kinds[block] & TiledLayout.Trellis) != 0 && block > 0 && (kinds[block - 1] & TiledLayout.Trellis) == 0;

    /// <summary>What <see cref="ITiledRung"/> calls the state behind a scalar tile.</summary>
    /// <param name="unit">The planes of the last unit of the tile's sub-group.</param>
    /// <param name="width">Of the tile: 3 to 8.</param>
    /// <param name="state">Result, [64]: bit 7 of byte 4r + c is b of column 60 + c of row r, for c = 1, 2, 3; all else means nothing.</param>
    /// <param name="eight">−1 or 0.</param>
    public static void Behind(byte* unit, int width, byte* state, int eight)
    {
        // The last quad's two lowest bits: in bytes, in the last nibbles' upper half, in the last pairs' topmost.
        var (at, shift) = width == 8 ? (448, 0) : width >= 4 ? (192, 4) : (64, 6);
        for (var row = 0; row < 64; row += 4)
        {
            var n = Unsafe.ReadUnaligned<uint>(unit + at + row) >> shift;
            // Byte c of n holds b_(60 + c − 1) and lsb_(60 + c).
            var before = (n >> 8) & 0x0001_0101;
            var last = (n >> 25) ^ (before >> 8) ^ (before & (uint)eight);
            Unsafe.WriteUnaligned(state + row, (before << 7) | (last << 31));
        }
    }
}
