using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModelPack.Entropy;
using static ModelPack.TokenizerLayout;

namespace ModelPack;

/// <summary>
/// Tokenizer tables as a pack keeps them: without what follows from the rest. A merge's text is that of its halves, and slots of the perfect hashes follow from displacements and keys: SmolLM2's 1.44 MB of tables
/// become a fourth before they are compressed. Little-endian; no byte is believed before it is checked.
/// </summary>
/// <remarks>
/// <para>The tables' header; the sections Attributes, Scores, ByteTokens, KeyDisplacements, MergeDisplacements, SpecialFirst, SpecialIds as they are; a bit for each token that is a key;
/// varint merges, then in order of rank three bytes a plane at a time: left ids (low, middle, high), right ids, and of what they merge into the difference to the one before, less 1, modulo 2^24;
/// a bit for each token whose text comes from the first merge into it; varint lengths of the others, then their bytes.</para>
/// </remarks>
internal static unsafe class CompactTokenizer
{
    /// <summary>Sections that are kept as they are.</summary>
    public static ReadOnlySpan<Section> Kept =>
        [Section.Attributes, Section.Scores, Section.ByteTokens, Section.KeyDisplacements, Section.MergeDisplacements, Section.SpecialFirst, Section.SpecialIds];

    /// <summary>Bytes of a merge: left, right, difference.</summary>
    public const int MergeBytes = 9;

    /// <summary>Writes the tables.</summary>
    /// <param name="compact">All of it.</param>
    /// <param name="tables">Their memory, all of which is written.</param>
    /// <exception cref="CorruptStreamException">It does not describe tables of that size.</exception>
    public static void Expand(ReadOnlySpan<byte> compact, Span<byte> tables)
    {
        var cursor = new ByteCursor(compact);
        var header = cursor.Take(HeaderBytes);
        var places = new Places(header, tables.Length);
        tables.Clear();
        header.CopyTo(tables);
        foreach (var section in Kept)
        {
            cursor.Take(places.Bytes(section)).CopyTo(places.Of(tables, section));
        }

        var keys = cursor.Take((places.Count + 7) / 8);
        var merges = new Merges(ref cursor, places.Count);
        var lengths = ReadTexts(ref cursor, places, merges, tables);
        if (cursor.Left != 0)
        {
            throw new CorruptStreamException($"{cursor.Left} bytes follow the tokenizer's last text");
        }

        FillKeys(places, keys, lengths, tables);
        FillMerges(places, merges, tables);
    }

    /// <summary>Texts and their offsets: lengths first, which give every text its place.</summary>
    /// <returns>[tokens + 1]: where texts begin.</returns>
    private static ReadOnlySpan<uint> ReadTexts(ref ByteCursor cursor, Places places, scoped in Merges merges, Span<byte> tables)
    {
        var derived = cursor.Take((places.Count + 7) / 8);
        // Where they stay: fresh memory is dear at a program's start.
        var starts = MemoryMarshal.Cast<byte, uint>(places.Of(tables, Section.TextOffsets));
        var lengths = starts[1..];
        long literals = 0;
        for (var id = 0; id < places.Count; id++)
        {
            if (!Has(derived, id))
            {
                lengths[id] = (uint)cursor.Varint();
                literals += Bounded(id, lengths[id]);
            }
        }

        var makers = Makers(derived, lengths, merges);
        ulong total = 0;
        for (var id = 0; id < places.Count; id++)
        {
            total += (uint)Bounded(id, lengths[id]);
            lengths[id] = (uint)Math.Min(total, uint.MaxValue);
        }

        if (total != (ulong)places.Bytes(Section.Text))
        {
            throw new CorruptStreamException($"its texts have {total} bytes instead of {places.Bytes(Section.Text)}");
        }

        var bytes = cursor.Take((int)Math.Min(literals, int.MaxValue));
        var text = places.Of(tables, Section.Text);
        for (var id = 0; id < places.Count; id++)
        {
            if (!Has(derived, id))
            {
                var length = (int)(starts[id + 1] - starts[id]);
                bytes[..length].CopyTo(text[(int)starts[id]..]);
                bytes = bytes[length..];
            }
        }

        foreach (var merge in merges)
        {
            if (Has(makers, merge.Rank))
            {
                Span<byte> a = text[(int)starts[merge.Left]..(int)starts[merge.Left + 1]], b = text[(int)starts[merge.Right]..(int)starts[merge.Right + 1]];
                a.CopyTo(text[(int)starts[merge.Merged]..]);
                b.CopyTo(text[((int)starts[merge.Merged] + a.Length)..]);
            }
        }

        return starts;
    }

    private static int Bounded(int id, uint length) =>
        length <= MaxTokenBytes ? (int)length : throw new CorruptStreamException($"token {id} has {length} bytes; at most {MaxTokenBytes} are possible");

    /// <summary>A bit for each merge that gives a text; a merge's halves have theirs by then.</summary>
    private static byte[] Makers(ReadOnlySpan<byte> derived, Span<uint> lengths, scoped in Merges merges)
    {
        const uint Unknown = uint.MaxValue;
        var left = 0;
        for (var id = 0; id < lengths.Length; id++)
        {
            if (Has(derived, id))
            {
                lengths[id] = Unknown;
                left++;
            }
        }

        var makers = new byte[(merges.Count + 7) / 8];
        foreach (var (rank, a, b, merged) in merges)
        {
            if (lengths[merged] != Unknown)
            {
                continue;
            }

            if (lengths[a] == Unknown || lengths[b] == Unknown)
            {
                throw new CorruptStreamException($"merge {rank} makes token {merged} of {a} and {b}, whose texts come later");
            }

            lengths[merged] = (uint)Bounded(merged, lengths[a] + lengths[b]);
            makers[rank >> 3] |= (byte)(1 << (rank & 7));
            left--;
        }

        return left == 0 ? makers : throw new CorruptStreamException($"{left} tokens have no text");
    }

    private static void FillKeys(Places places, ReadOnlySpan<byte> keys, ReadOnlySpan<uint> starts, Span<byte> tables)
    {
        var slots = places.Of(tables, Section.KeySlots);
        slots.Fill(0xFF);
        var displacements = places.Of(tables, Section.KeyDisplacements);
        int buckets = displacements.Length / 2, count = slots.Length / 4, seed = tables[HashSeedAt];
        var text = places.Of(tables, Section.Text);
        for (var id = 0; id < places.Count && buckets > 0 && count > 0; id++)
        {
            if (Has(keys, id))
            {
                var slot = Slot(TableHash.OfBytes(text[(int)starts[id]..(int)starts[id + 1]], seed), displacements, buckets, count);
                BinaryPrimitives.WriteInt32LittleEndian(slots[(4 * slot)..], id);
            }
        }
    }

    private static void FillMerges(Places places, scoped in Merges merges, Span<byte> tables)
    {
        var slots = places.Of(tables, Section.MergeSlots);
        slots.Fill(0xFF);
        var displacements = places.Of(tables, Section.MergeDisplacements);
        int buckets = displacements.Length / 2, count = slots.Length / MergeSlotBytes, seed = tables[HashSeedAt];
        if (buckets == 0 || count == 0)
        {
            return;
        }

        foreach (var (rank, left, right, merged) in merges)
        {
            var pair = MergeSlot.Pair(left, right);
            MergeSlot.Write(slots.Slice(MergeSlotBytes * Slot(TableHash.OfPair(pair, seed), displacements, buckets, count), MergeSlotBytes), pair, merged, rank);
        }
    }

    private static int Slot(ulong hash, ReadOnlySpan<byte> displacements, int buckets, int slots) =>
        TableHash.Slot(hash, BinaryPrimitives.ReadUInt16LittleEndian(displacements[(2 * TableHash.Bucket(hash, buckets))..]), slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Has(ReadOnlySpan<byte> bits, int id) => (bits[id >> 3] >> (id & 7) & 1) != 0;

    private readonly record struct Merge(int Rank, int Left, int Right, int Merged);

    /// <summary>Merges in order of rank, read from their planes each time.</summary>
    private readonly ref struct Merges
    {
        private readonly ReadOnlySpan<byte> _planes;
        private readonly int _tokens;

        /// <param name="cursor">At their number.</param>
        /// <param name="tokens">Of the vocabulary.</param>
        public Merges(scoped ref ByteCursor cursor, int tokens)
        {
            Count = cursor.Varint();
            if (Count > cursor.Left / MergeBytes)
            {
                throw new CorruptStreamException($"it claims {Count} merges in {cursor.Left} bytes");
            }

            _planes = cursor.Take(Count * MergeBytes);
            _tokens = tokens;
        }

        public int Count { get; }

        public Enumerator GetEnumerator() => new(this);

        private int Number(int plane, int i) => _planes[(plane * Count) + i] | (_planes[((plane + 1) * Count) + i] << 8) | (_planes[((plane + 2) * Count) + i] << 16);

        public ref struct Enumerator(Merges merges)
        {
            private readonly Merges _merges = merges;
            private int _next;

            public Merge Current { get; private set; } = new(-1, 0, 0, -1);

            public bool MoveNext()
            {
                if (_next == _merges.Count)
                {
                    return false;
                }

                var i = _next++;
                int left = _merges.Number(0, i), right = _merges.Number(3, i), merged = (Current.Merged + 1 + _merges.Number(6, i)) & 0xFFFFFF;
                if (left >= _merges._tokens || right >= _merges._tokens || merged >= _merges._tokens)
                {
                    throw new CorruptStreamException($"merge {i} makes token {merged} of {left} and {right}, of {_merges._tokens}");
                }

                Current = new(i, left, right, merged);
                return true;
            }
        }
    }

    /// <summary>Where a header says that sections lie: one after the other, as the compiler writes them.</summary>
    private readonly struct Places
    {
        private readonly (int Offset, int Bytes)[] _sections;

        public Places(ReadOnlySpan<byte> header, int total)
        {
            Count = BinaryPrimitives.ReadInt32LittleEndian(header[TokenCountAt..]);
            _sections = new (int, int)[SectionCount];
            long at = HeaderBytes;
            for (var s = 0; s < SectionCount; s++)
            {
                var entry = header[(SectionsAt + (8 * s))..];
                uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry), bytes = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
                if (offset != at || bytes > total - at)
                {
                    throw new CorruptStreamException($"its tokenizer's section {(Section)s} claims {bytes} bytes from {offset} of {total}, where {at} was expected");
                }

                _sections[s] = ((int)offset, (int)bytes);
                at += bytes;
            }

            if (at + TailBytes != total || Count is < 1 or > MaxTokens || Bytes(Section.TextOffsets) != 4L * (Count + 1L))
            {
                throw new CorruptStreamException($"its tokenizer has {Count} tokens in {at + TailBytes} of {total} bytes");
            }
        }

        /// <summary>Tokens.</summary>
        public int Count { get; }

        public int Bytes(Section section) => _sections[(int)section].Bytes;

        public Span<byte> Of(Span<byte> tables, Section section) => tables.Slice(_sections[(int)section].Offset, _sections[(int)section].Bytes);
    }
}
