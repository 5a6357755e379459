namespace ModelPack.Entropy;

/// <summary>
/// A decoding table by the alias method (M. Vose, 1991): 16, 32 or 64 buckets of equal size, each shared by at most two symbols, so that a table fits into registers and a look-up
/// is three permutations and one comparison.
/// </summary>
/// <remarks>
/// Layout, n = <see cref="Entries"/> words each: dividers (the first slot of a bucket that belongs to its second symbol), entries of the buckets' first symbols, of their second ones.
/// An entry: bits 0 … 12 what is added to a slot, modulo 2^13, to give the symbol's offset; bits 13 … 18 the symbol; bits 19 … 31 its frequency.
/// Where lanes follow paths, a section of 64 is one table, or two of 32: first the buckets of branch bit 0, then those of 1. Three more words say which.
/// </remarks>
internal static unsafe class RansTable
{
    public const int SymbolShift = RansFormat.ScaleBits;
    public const int FrequencyShift = 19;
    public const uint SymbolMask = 63;

    /// <summary>Place of the word, in a table of a path, by which a state is shifted right to give its bucket …</summary>
    public const int BucketShift = 3 * 64;

    /// <summary>… of the word that takes the bucket out of that …</summary>
    public const int BucketMask = BucketShift + 1;

    /// <summary>… and of the word that takes the chosen half out of the branch bit at bit 5: 32, or 0 where there is one table.</summary>
    public const int HalfMask = BucketShift + 2;

    /// <summary>… and of the mask of a slot's place in its bucket.</summary>
    public const int PlaceMask = BucketShift + 3;

    /// <summary>Place of the first word of the planes that <see cref="SetPlanes"/> writes: of the dividers' places in their buckets, of the four bytes of the first entries, from the lowest, and of the second ones; 64 bytes each.</summary>
    public const int Planes = BucketShift + 16;

    /// <summary>Planes of a table.</summary>
    private const int PlaneCount = 9;

    /// <summary>Words of one section of a table.</summary>
    public static int Entries(RansAlphabet alphabet) => alphabet switch
    {
        RansAlphabet.Narrow => 16,
        RansAlphabet.Wide => 32,
        _ => 64,
    };

    /// <summary>Words of a table.</summary>
    public static int Words(RansAlphabet alphabet) => Entries(alphabet) == 64 ? Planes + (PlaneCount * 64 / sizeof(uint)) : 3 * Entries(alphabet);

    /// <summary>Says how buckets of a path's table are found.</summary>
    /// <param name="table">Of <see cref="RansAlphabet.Path"/>.</param>
    /// <param name="isPair">Two of 32 symbols; else one of 64.</param>
    public static void SetPath(uint* table, bool isPair)
    {
        table[BucketShift] = (uint)(RansFormat.ScaleBits - (isPair ? 5 : 6));
        table[BucketMask] = isPair ? 31u : 63u;
        table[HalfMask] = isPair ? 32u : 0;
        table[PlaceMask] = isPair ? 255u : 127u;
    }

    /// <summary>Writes a table of 64 once more, byte by byte: what rungs take that look up many lanes at once.</summary>
    /// <param name="table">Built, both halves of a pair.</param>
    /// <param name="isPair">Two of 32 symbols.</param>
    public static void SetPlanes(uint* table, bool isPair)
    {
        var planes = (byte*)(table + Planes);
        var bucket = Scale(isPair);
        for (var i = 0; i < 64; i++)
        {
            // A divider at the bucket's end never decides: both entries are the same there.
            planes[i] = (byte)Math.Min(255, table[i] - (bucket * (uint)(isPair ? i & 31 : i)));
            for (var b = 0; b < 4; b++)
            {
                planes[(64 * (1 + b)) + i] = (byte)(table[64 + i] >> (8 * b));
                planes[(64 * (5 + b)) + i] = (byte)(table[128 + i] >> (8 * b));
            }
        }

        static uint Scale(bool isPair) => RansFormat.Scale / (isPair ? 32u : 64u);
    }

    /// <summary>Fills one table, or one half of a pair.</summary>
    /// <param name="frequencies">16, 32 or 64, each below 2^13, with the sum 2^13 (the reader has checked it).</param>
    /// <param name="table"><see cref="Words"/> words.</param>
    /// <param name="entries">Words of a section: twice the number of frequencies in a pair.</param>
    /// <param name="half">0, or 1 for the table of branch bit 1.</param>
    public static void Build(ReadOnlySpan<ushort> frequencies, uint* table, int entries, int half)
    {
        var n = frequencies.Length;
        var bucket = RansFormat.Scale / n;
        Span<int> left = stackalloc int[64];
        Span<int> used = stackalloc int[64];
        Span<byte> small = stackalloc byte[64];
        Span<byte> large = stackalloc byte[64];
        int smallCount = 0, largeCount = 0;
        for (var s = 0; s < n; s++)
        {
            left[s] = frequencies[s];
            used[s] = 0;
            if (left[s] <= bucket)
            {
                small[smallCount++] = (byte)s;
            }
            else
            {
                large[largeCount++] = (byte)s;
            }
        }

        table += half * n;
        while (smallCount > 0)
        {
            int own = small[--smallCount];
            var first = own * bucket;
            var divider = first + left[own];
            table[own] = (uint)divider;
            table[entries + own] = Entry(own, frequencies[own], used[own] - first);
            if (divider == first + bucket)
            {
                // The bucket is its own symbol's alone: the second entry is never used.
                table[(2 * entries) + own] = table[entries + own];
                continue;
            }

            // Sums match, so as long as a bucket has room a symbol has too much.
            int other = large[largeCount - 1];
            table[(2 * entries) + own] = Entry(other, frequencies[other], used[other] - divider);
            var taken = first + bucket - divider;
            used[other] += taken;
            left[other] -= taken;
            if (left[other] <= bucket)
            {
                largeCount--;
                small[smallCount++] = (byte)other;
            }
        }
    }

    private static uint Entry(int symbol, int frequency, int toOffset) =>
        ((uint)frequency << FrequencyShift) | ((uint)symbol << SymbolShift) | ((uint)toOffset & (RansFormat.Scale - 1));
}
