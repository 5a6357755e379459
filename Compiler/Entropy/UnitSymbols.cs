using ModelPack.Entropy;
using ModelPack.Kernels;

namespace ModelPack.Compiler.Entropy;

/// <summary>The code planes of a unit (16 rows × 32 columns) taken apart into symbols and raw planes: the inverse of <see cref="PlaneWriter"/>.</summary>
internal static unsafe class UnitSymbols
{
    public const int Codes = 512;

    /// <param name="planes">64 · <paramref name="bits"/> bytes.</param>
    /// <param name="bits">2 to 8.</param>
    /// <param name="symbols">[8, 64]: codes, or their upper four bits.</param>
    /// <param name="raw">Where the raw planes are written.</param>
    public static void Split(byte* planes, int bits, Span<byte> symbols, Stream raw)
    {
        var below = PlaneWriter.RawBits(bits);
        Span<byte> lower = stackalloc byte[PlaneWriter.RawBytes(bits)];
        lower.Clear();
        for (var column = 0; column < 32; column++)
        {
            for (var row = 0; row < 16; row++)
            {
                var code = GroupedCodes.Code(planes, bits, row, column);
                var place = (4 * row) + (column & 3);
                symbols[(64 * (column >> 2)) + place] = (byte)(code >> below);
                for (var b = 0; b < below; b++)
                {
                    lower[(64 * b) + place] |= (byte)(((code >> b) & 1) << (column >> 2));
                }
            }
        }

        raw.Write(lower);
    }
}
