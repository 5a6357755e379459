using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// Activations as int8 with one scale per 32 columns, for several tokens: a ≈ scale · code, code in [−127, 127]. Columns are padded with zeros to whole units.
/// </summary>
/// <param name="Codes">[tokens, Stride] codes.</param>
/// <param name="Scales">[tokens, Stride / 32] scales.</param>
/// <param name="Sums">[tokens, Stride / 16] sums of 16 codes each.</param>
/// <param name="Stride">Columns rounded up to whole units.</param>
internal unsafe readonly record struct QuantizedActivations(nint CodesAddress, nint ScalesAddress, nint SumsAddress, int Stride)
{
    /// <summary>
    /// 32 activations that are all below this are zeros. 127 divided by less than 3.8e-37 would be infinite, and what becomes of an infinite code differs
    /// from processor to processor.
    /// </summary>
    private const float Smallest = 1e-36f;

    public sbyte* Codes(int token) => (sbyte*)CodesAddress + ((nint)token * Stride);

    public float* Scales(int token) => (float*)ScalesAddress + ((nint)token * (Stride / GroupedLayout.UnitColumns));

    public int* Sums(int token) => (int*)SumsAddress + ((nint)token * (Stride / 16));

    /// <summary>Bytes needed for <paramref name="tokens"/> tokens of <paramref name="columns"/>.</summary>
    public static long Bytes(int tokens, int columns)
    {
        long stride = Padded(columns);
        return tokens * (stride + (stride / 32 * 4) + (stride / 16 * 4));
    }

    public static int Padded(int columns) => (columns + 31) / 32 * 32;

    /// <summary>Lays the three arrays out in a buffer of <see cref="Bytes"/>.</summary>
    public static QuantizedActivations In(byte* buffer, int tokens, int columns)
    {
        var stride = Padded(columns);
        var scales = buffer + ((long)tokens * stride);
        return new((nint)buffer, (nint)scales, (nint)(scales + ((long)tokens * (stride / 32) * 4)), stride);
    }

    /// <summary>
    /// Quantises one token: scale = max|x| / 127, code = x · (127 / max|x|) rounded to nearest even. The error of a code is at most half a step.
    /// </summary>
    public void Quantize<L>(float* x, int columns, int token)
        where L : struct, ILanes<L>
    {
        var codes = Codes(token);
        var scales = Scales(token);
        var sums = Sums(token);
        var padded = stackalloc float[GroupedLayout.UnitColumns];
        for (var start = 0; start < columns; start += GroupedLayout.UnitColumns)
        {
            var from = x + start;
            if (columns - start < GroupedLayout.UnitColumns)
            {
                for (var i = 0; i < GroupedLayout.UnitColumns; i++)
                {
                    padded[i] = start + i < columns ? from[i] : 0f;
                }

                from = padded;
            }

            var a = L.Load(from);
            var b = L.Load(from + 16);
            var max = L.MaxOf(L.Max(L.Abs(a), L.Abs(b)));
            if (max < Smallest)
            {
                max = 0f;
            }

            var inverse = L.Broadcast(max > 0f ? 127f / max : 0f);
            a = L.Round(L.Multiply(a, inverse));
            b = L.Round(L.Multiply(b, inverse));
            L.StoreSByte(a, codes + start);
            L.StoreSByte(b, codes + start + 16);
            scales[start / 32] = max / 127f;
            // Integers far below 2^24: the float sums are exact.
            sums[start / 16] = (int)L.Sum(a);
            sums[(start / 16) + 1] = (int)L.Sum(b);
        }
    }
}
