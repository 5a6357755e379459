using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// MXFP4 (OCP Microscaling Formats 1.0): 32 elements, 2^(e − 127) · E2M1. One byte e, 16 bytes of nibbles.
/// </summary>
/// <remarks>
/// The codebook holds the E2M1 levels doubled, so the scale is halved: 2^(e − 128). ScaleKind.PowerOfTwo reaches down to 2^−127; for e = 0 the codes are
/// therefore replaced by those of half the level, with scale 2^−127, where all levels of the group are even. A group with e = 0 and a level of
/// ±½ or ±1½ (weights of 3·10⁻³⁹) keeps 2^−128, which that kind cannot store.
/// </remarks>
internal sealed class Mxfp4() : BlockEncoding(
    "MXFP4", 39, 32, Codes + 16, Grouped(bits: 4, columns: 32, ScaleKind.PowerOfTwo, codebook: CodebookId.Mxfp4))
{
    private const int Exponent = 0;
    private const int Codes = 1;

    /// <summary>By the magnitude's code: the code of half its level (0, ½, 1, 1½, 2, 3, 4, 6); 255: none.</summary>
    private static ReadOnlySpan<byte> HalfLevel => [0, 255, 1, 255, 2, 3, 4, 5];

    /// <summary>Codes of ±½ and ±1½.</summary>
    private static ReadOnlySpan<byte> OddLevels => [1, 3, 9, 11];

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        var e = block[Exponent];
        Bits.Nibbles(block[Codes..], to.Codes);
        to.Scales[0] = MathF.ScaleB(1f, e - 128);
        if (e == 0 && to.Codes.IndexOfAny(OddLevels) < 0)
        {
            to.Scales[0] = MathF.ScaleB(1f, -127);
            foreach (ref var code in to.Codes)
            {
                code = (byte)((code & 8) | HalfLevel[code & 7]);
            }
        }
    }

    /// <summary>e = 255 is NaN by the specification; just below, large levels leave the range of f32.</summary>
    public override long FirstNonFinite(ReadOnlySpan<byte> row)
    {
        Span<float> values = stackalloc float[BlockElements];
        for (var b = 0; b < row.Length / BlockBytes; b++)
        {
            var block = row.Slice(b * BlockBytes, BlockBytes);
            if (block[Exponent] == 255)
            {
                return (long)b * BlockElements;
            }

            if (block[Exponent] < 252)
            {
                continue;
            }

            Dequantize(block, values);
            for (var i = 0; i < values.Length; i++)
            {
                if (!float.IsFinite(values[i]))
                {
                    return ((long)b * BlockElements) + i;
                }
            }
        }

        return -1;
    }
}
