using ModelPack.Formats;

namespace ModelPack.Kernels;

/// <summary>
/// Activations as int8 with one scale per block of columns, for several tokens: a ≈ scale · code, code in [−127, 127]. Columns are padded with zeros to whole blocks.
/// For the grouped family blocks of 32 columns with a sum per 16; for the tiled family blocks of 64 in the quantiser's order, of c_j·x_j, with a sum each.
/// </summary>
/// <param name="CodesAddress">[tokens, Stride] codes.</param>
/// <param name="ScalesAddress">[tokens, Stride / BlockColumns] scales.</param>
/// <param name="SumsAddress">[tokens, Stride / SumColumns] sums of codes.</param>
/// <param name="Stride">Columns rounded up to whole blocks.</param>
/// <param name="BlockColumns">32 or 64.</param>
/// <param name="SumColumns">16 or 64.</param>
internal unsafe readonly record struct QuantizedActivations(nint CodesAddress, nint ScalesAddress, nint SumsAddress, int Stride, int BlockColumns, int SumColumns)
{
    private const int Lane = Lanes.Count;

    /// <summary>
    /// 32 activations that are all below this are zeros. 127 divided by less than 3.8e-37 would be infinite, and what becomes of an infinite code differs
    /// from processor to processor.
    /// </summary>
    private const float Smallest = 1e-36f;

    public sbyte* Codes(int token) => (sbyte*)CodesAddress + ((nint)token * Stride);

    public float* Scales(int token) => (float*)ScalesAddress + ((nint)token * (Stride / BlockColumns));

    public int* Sums(int token) => (int*)SumsAddress + ((nint)token * (Stride / SumColumns));

    /// <summary>Bytes needed for <paramref name="tokens"/> tokens of <paramref name="columns"/>.</summary>
    public static long Bytes(int tokens, int columns)
    {
        long stride = Padded(columns);
        return tokens * (stride + (stride / 32 * 4) + (stride / 16 * 4));
    }

    /// <summary>The same for the tiled family.</summary>
    public static long TiledBytes(int tokens, int columns)
    {
        long blocks = TiledLayout.Blocks(columns);
        return tokens * blocks * (TiledLayout.BlockColumns + 4 + 4);
    }

    /// <summary>Bytes that are enough for either form.</summary>
    public static long MostBytes(int tokens, int columns) => Math.Max(Bytes(tokens, columns), TiledBytes(tokens, columns));

    public static int Padded(int columns) => (columns + 31) / 32 * 32;

    /// <summary>Lays the three arrays out in a buffer of <see cref="Bytes"/>.</summary>
    public static QuantizedActivations In(byte* buffer, int tokens, int columns)
    {
        var stride = Padded(columns);
        var scales = buffer + ((long)tokens * stride);
        return new((nint)buffer, (nint)scales, (nint)(scales + ((long)tokens * (stride / 32) * 4)), stride, GroupedLayout.UnitColumns, Lane);
    }

    /// <summary>Lays the three arrays out in a buffer of <see cref="TiledBytes"/>.</summary>
    public static QuantizedActivations TiledIn(byte* buffer, int tokens, int columns)
    {
        var blocks = TiledLayout.Blocks(columns);
        var scales = buffer + ((long)tokens * blocks * TiledLayout.BlockColumns);
        return new((nint)buffer, (nint)scales, (nint)(scales + ((long)tokens * blocks * 4)), blocks * TiledLayout.BlockColumns, TiledLayout.BlockColumns, TiledLayout.BlockColumns);
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

    /// <summary>
    /// Quantises one token for a tiled weight: c_j·x_j in the quantiser's order, scale = max / 127 over 64 of them, codes as in the other form.
    /// </summary>
    public void Quantize<L>(float* x, TiledView weight, int token)
        where L : struct, ILanes<L>
    {
        var codes = Codes(token);
        var scales = Scales(token);
        var sums = Sums(token);
        var values = stackalloc float[TiledLayout.BlockColumns];
        for (var block = 0; block < weight.Blocks; block++)
        {
            Gather(x, weight, block, values);
            L a = L.Load(values), b = L.Load(values + 16), c = L.Load(values + 32), d = L.Load(values + 48);
            var max = L.MaxOf(L.Max(L.Max(L.Abs(a), L.Abs(b)), L.Max(L.Abs(c), L.Abs(d))));
            if (max < Smallest)
            {
                max = 0f;
            }

            var inverse = L.Broadcast(max > 0f ? 127f / max : 0f);
            a = L.Round(L.Multiply(a, inverse));
            b = L.Round(L.Multiply(b, inverse));
            c = L.Round(L.Multiply(c, inverse));
            d = L.Round(L.Multiply(d, inverse));
            L.StoreSByte(a, codes);
            L.StoreSByte(b, codes + 16);
            L.StoreSByte(c, codes + 32);
            L.StoreSByte(d, codes + 48);
            scales[block] = max / 127f;
            // Integers far below 2^24: the float sums are exact.
            sums[block] = (int)L.Sum(L.Add(L.Add(a, b), L.Add(c, d)));
            codes += TiledLayout.BlockColumns;
        }
    }

    /// <summary>c_j·x_j of one block, padding as zeros.</summary>
    public static void Gather(float* x, TiledView weight, int block, float* values)
    {
        var first = block * TiledLayout.BlockColumns;
        var count = Math.Min(weight.Columns - first, TiledLayout.BlockColumns);
        var factors = weight.ColumnFactors + first;
        var scales = weight.ColumnScales;
        if (weight.IsWide)
        {
            for (var j = 0; j < count; j++)
            {
                values[j] = x[weight.Column(first + j)] * scales[factors[j]];
            }
        }
        else
        {
            var order = weight.NarrowColumns + first;
            for (var j = 0; j < count; j++)
            {
                values[j] = x[order[j]] * scales[factors[j]];
            }
        }

        for (var j = count; j < TiledLayout.BlockColumns; j++)
        {
            values[j] = 0f;
        }
    }
}
