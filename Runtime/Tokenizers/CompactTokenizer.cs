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
        var merges = ReadMerges(ref cursor, places.Count);
        var lengths = ReadTexts(ref cursor, places, merges, tables);
        if (cursor.Left != 0)
        {
            throw new CorruptStreamException($"{cursor.Left} bytes follow the tokenizer's last text");
        }

        FillKeys(places, keys, lengths, tables);
        FillMerges(places, merges, tables);
    }

    private static (int Left, int Right, int Merged)[] ReadMerges(ref ByteCursor cursor, int count)
    {
        var merges = cursor.Varint();
        if (merges > cursor.Left / MergeBytes)
        {
            throw new CorruptStreamException($"it claims {merges} merges in {cursor.Left} bytes");
        }

        var planes = cursor.Take(merges * MergeBytes);
        var result = new (int Left, int Right, int Merged)[merges];
        var merged = -1;
        for (var i = 0; i < merges; i++)
        {
            int left = Number(planes, merges, 0, i), right = Number(planes, merges, 3, i);
            merged = (merged + 1 + Number(planes, merges, 6, i)) & 0xFFFFFF;
            if (left >= count || right >= count || merged >= count)
            {
                throw new CorruptStreamException($"merge {i} makes token {merged} of {left} and {right}, of {count}");
            }

            result[i] = (left, right, merged);
        }

        return result;
    }

    private static int Number(ReadOnlySpan<byte> planes, int merges, int plane, int i) =>
        planes[(plane * merges) + i] | (planes[((plane + 1) * merges) + i] << 8) | (planes[((plane + 2) * merges) + i] << 16);

    /// <summary>Texts and their offsets: lengths first, which give every text its place.</summary>
    private static uint[] ReadTexts(ref ByteCursor cursor, Places places, (int Left, int Right, int Merged)[] merges, Span<byte> tables)
    {
        var derived = cursor.Take((places.Count + 7) / 8);
        var starts = new uint[places.Count + 1];
        var lengths = starts.AsSpan(1);
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

        MemoryMarshal.AsBytes(starts.AsSpan()).CopyTo(places.Of(tables, Section.TextOffsets));
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

        foreach (var i in makers)
        {
            var (left, right, merged) = merges[i];
            Span<byte> a = text[(int)starts[left]..(int)starts[left + 1]], b = text[(int)starts[right]..(int)starts[right + 1]];
            a.CopyTo(text[(int)starts[merged]..]);
            b.CopyTo(text[((int)starts[merged] + a.Length)..]);
        }

        return starts;
    }

    private static int Bounded(int id, uint length) =>
        length <= MaxTokenBytes ? (int)length : throw new CorruptStreamException($"token {id} has {length} bytes; at most {MaxTokenBytes} are possible");

    /// <summary>The merges that give texts, in order; a merge's halves have theirs by then.</summary>
    private static List<int> Makers(ReadOnlySpan<byte> derived, Span<uint> lengths, (int Left, int Right, int Merged)[] merges)
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

        var makers = new List<int>(left);
        for (var i = 0; i < merges.Length; i++)
        {
            var (a, b, merged) = merges[i];
            if (lengths[merged] != Unknown)
            {
                continue;
            }

            if (lengths[a] == Unknown || lengths[b] == Unknown)
            {
                throw new CorruptStreamException($"merge {i} makes token {merged} of {a} and {b}, whose texts come later");
            }

            lengths[merged] = (uint)Bounded(merged, lengths[a] + lengths[b]);
            makers.Add(i);
        }

        return makers.Count == left ? makers : throw new CorruptStreamException($"{left - makers.Count} tokens have no text");
    }

    private static void FillKeys(Places places, ReadOnlySpan<byte> keys, uint[] starts, Span<byte> tables)
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

    private static void FillMerges(Places places, (int Left, int Right, int Merged)[] merges, Span<byte> tables)
    {
        var slots = places.Of(tables, Section.MergeSlots);
        slots.Fill(0xFF);
        var displacements = places.Of(tables, Section.MergeDisplacements);
        int buckets = displacements.Length / 2, count = slots.Length / MergeSlotBytes, seed = tables[HashSeedAt];
        for (var i = 0; i < merges.Length && buckets > 0 && count > 0; i++)
        {
            var pair = MergeSlot.Pair(merges[i].Left, merges[i].Right);
            MergeSlot.Write(slots.Slice(MergeSlotBytes * Slot(TableHash.OfPair(pair, seed), displacements, buckets, count), MergeSlotBytes), pair, merges[i].Merged, i);
        }
    }

    private static int Slot(ulong hash, ReadOnlySpan<byte> displacements, int buckets, int slots) =>
        TableHash.Slot(hash, BinaryPrimitives.ReadUInt16LittleEndian(displacements[(2 * TableHash.Bucket(hash, buckets))..]), slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Has(ReadOnlySpan<byte> bits, int id) => (bits[id >> 3] >> (id & 7) & 1) != 0;

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
