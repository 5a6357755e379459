namespace ModelPack.Entropy;

/// <summary>
/// Frequencies of up to 16 symbols, laid out by the alias method (Walker 1977; Giesen 2014, "Interleaved entropy coders") so that a decoder finds a symbol
/// with two permutations of registers: 16 buckets of 256 slots, each holding slots of at most two symbols.
/// </summary>
/// <remarks>
/// <code>
/// dividers  u32[16]   slots of bucket b below dividers[b] are the bucket's own symbol's
/// entries   u32[32]   entry b: own symbol, entry 16 + b: the other; bits 0 … 12 frequency, 13 … 16 symbol, 17 … 30 (index within the symbol) − (slot within the bucket) + 256
/// </code>
/// </remarks>
internal sealed unsafe class RansTable
{
    public const int Symbols = 16;

    /// <summary>Probabilities are multiples of 2^−12.</summary>
    public const int ProbabilityBits = 12;

    public const int Slots = 1 << ProbabilityBits;

    public const int BucketBits = 8;

    public const int BucketSlots = 1 << BucketBits;

    /// <summary>Where the entries begin in <see cref="Words"/>.</summary>
    public const int EntriesOffset = Symbols;

    /// <param name="frequencies">16 frequencies, 0 … 4096, that add up to 4096.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public RansTable(ReadOnlySpan<ushort> frequencies)
    {
        var sum = 0;
        foreach (var f in frequencies)
        {
            sum += f;
        }

        if (frequencies.Length != Symbols || sum != Slots)
        {
            throw new ArgumentException($"16 frequencies add up to {Slots}; these {frequencies.Length} add up to {sum}.", nameof(frequencies));
        }

        Frequencies = frequencies.ToArray();
        Build();
    }

    public IReadOnlyList<ushort> Frequencies { get; }

    /// <summary>Dividers, then entries: 48 words, what decoders read.</summary>
    public uint[] Words { get; } = GC.AllocateArray<uint>(3 * Symbols, pinned: true);

    /// <summary>Their address, while this object lives: the array is pinned.</summary>
    public uint* Address => (uint*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(Words));

    /// <summary>Each bucket takes what is left of one symbol with less than a bucket, and fills up from one that has more.</summary>
    private void Build()
    {
        Span<int> left = stackalloc int[Symbols];
        Span<int> used = stackalloc int[Symbols];
        Span<bool> done = stackalloc bool[Symbols];
        for (var s = 0; s < Symbols; s++)
        {
            left[s] = Frequencies[s];
        }

        for (var round = 0; round < Symbols; round++)
        {
            var small = Smallest(left, done);
            var own = Math.Min(left[small], BucketSlots);
            done[small] = true;
            Words[small] = (uint)own;
            Words[EntriesOffset + small] = Entry(small, used[small]);
            used[small] += own;
            left[small] -= own;
            var large = small;
            if (own < BucketSlots)
            {
                large = Largest(left);
                Words[EntriesOffset + Symbols + small] = Entry(large, used[large] - own);
                used[large] += BucketSlots - own;
                left[large] -= BucketSlots - own;
            }
            else
            {
                // Never taken: every slot is below the divider.
                Words[EntriesOffset + Symbols + small] = Entry(small, 0);
            }
        }
    }

    private uint Entry(int symbol, int bias) => Frequencies[symbol] | ((uint)symbol << 13) | ((uint)(bias + BucketSlots) << 17);

    /// <summary>The bucket not yet done whose symbol has least left.</summary>
    private static int Smallest(ReadOnlySpan<int> left, ReadOnlySpan<bool> done)
    {
        var best = -1;
        for (var s = 0; s < left.Length; s++)
        {
            if (!done[s] && (best < 0 || left[s] < left[best]))
            {
                best = s;
            }
        }

        return best;
    }

    private static int Largest(ReadOnlySpan<int> left)
    {
        var best = 0;
        for (var s = 1; s < left.Length; s++)
        {
            if (left[s] > left[best])
            {
                best = s;
            }
        }

        return best;
    }
}
