using ModelPack.Formats;

namespace ModelPack.Compiler.Encodings;

/// <summary>
/// MXFP4 (OCP Microscaling Formats 1.0): 32 elements, 2^(e − 127) · E2M1. One byte e, 16 bytes of nibbles.
/// </summary>
/// <remarks>The codebook holds the E2M1 levels doubled, so the scale is halved: 2^(e − 128), the byte itself in ScaleKind.PowerOfTwo.</remarks>
internal sealed class Mxfp4() : BlockEncoding(
    "MXFP4", 39, 32, Codes + 16, Grouped(bits: 4, columns: 32, ScaleKind.PowerOfTwo, codebook: CodebookId.Mxfp4))
{
    private const int Exponent = 0;
    private const int Codes = 1;

    protected override void SplitBlock(ReadOnlySpan<byte> block, in GroupedBlock to)
    {
        Bits.Nibbles(block[Codes..], to.Codes);
        to.Scales[0] = MathF.ScaleB(1f, block[Exponent] - 128);
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
