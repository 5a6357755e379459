using System.Buffers.Binary;
using ModelPack.Compiler.Entropy;
using static ModelPack.TokenizerLayout;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>The counterpart of <see cref="CompactTokenizer"/>: leaves out of a tokenizer's tables what follows from the rest.</summary>
internal static class TokenizerCompactor
{
    /// <returns>null where tables are of a kind that does not come back exactly.</returns>
    public static byte[]? Compact(byte[] tables)
    {
        var merges = Merges(tables);
        if (merges is null)
        {
            return null;
        }

        var to = new ByteSink();
        to.Bytes(tables.AsSpan(0, HeaderBytes));
        foreach (var section in CompactTokenizer.Kept)
        {
            to.Bytes(Of(tables, section));
        }

        to.Bytes(Keys(tables));
        WriteMerges(to, merges);
        WriteTexts(to, tables, merges);
        var compact = to.ToArray();
        var back = new byte[tables.Length];
        CompactTokenizer.Expand(compact, back);
        return back.AsSpan().SequenceEqual(tables) ? compact : null;
    }

    private static Span<byte> Of(byte[] tables, Section section)
    {
        var entry = tables.AsSpan(SectionsAt + ((int)section * 8));
        return tables.AsSpan(BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]));
    }

    private static int Count(byte[] tables) => BinaryPrimitives.ReadInt32LittleEndian(tables.AsSpan(TokenCountAt));

    private static byte[] Keys(byte[] tables)
    {
        var bits = new byte[(Count(tables) + 7) / 8];
        var slots = Of(tables, Section.KeySlots);
        for (var at = 0; at < slots.Length; at += 4)
        {
            var id = BinaryPrimitives.ReadUInt32LittleEndian(slots[at..]);
            if (id != EmptySlot)
            {
                bits[id >> 3] |= (byte)(1 << ((int)id & 7));
            }
        }

        return bits;
    }

    /// <summary>By rank; null where ranks have gaps.</summary>
    private static (int Left, int Right, int Merged)[]? Merges(byte[] tables)
    {
        var slots = Of(tables, Section.MergeSlots);
        var merges = new SortedDictionary<uint, (int, int, int)>();
        for (var at = 0; at < slots.Length; at += MergeSlotBytes)
        {
            var slot = slots.Slice(at, MergeSlotBytes);
            if (BinaryPrimitives.ReadUInt64LittleEndian(slot) != ulong.MaxValue)
            {
                var (left, right, merged, rank) = MergeSlot.Read(slot);
                merges.TryAdd(rank, (left, right, merged));
            }
        }

        return merges.Keys.Select((rank, i) => rank == i).All(same => same) ? [.. merges.Values] : null;
    }

    private static void WriteMerges(ByteSink to, (int Left, int Right, int Merged)[] merges)
    {
        to.Varint(merges.Length);
        var planes = new byte[merges.Length * CompactTokenizer.MergeBytes];
        var last = -1;
        for (var i = 0; i < merges.Length; i++)
        {
            var (left, right, merged) = merges[i];
            Put(0, left);
            Put(3, right);
            Put(6, merged - last - 1);
            last = merged;

            void Put(int plane, int value)
            {
                for (var b = 0; b < 3; b++)
                {
                    planes[((plane + b) * merges.Length) + i] = (byte)(value >> (8 * b));
                }
            }
        }

        to.Bytes(planes);
    }

    private static void WriteTexts(ByteSink to, byte[] tables, (int Left, int Right, int Merged)[] merges)
    {
        var texts = Texts(tables);
        var derived = new byte[(texts.Length + 7) / 8];
        foreach (var id in Derived(texts, merges))
        {
            derived[id >> 3] |= (byte)(1 << (id & 7));
        }

        to.Bytes(derived);
        var literals = Enumerable.Range(0, texts.Length).Where(id => (derived[id >> 3] >> (id & 7) & 1) == 0).ToList();
        foreach (var id in literals)
        {
            to.Varint(texts[id].Length);
        }

        foreach (var id in literals)
        {
            to.Bytes(texts[id]);
        }
    }

    private static byte[][] Texts(byte[] tables)
    {
        var offsets = Of(tables, Section.TextOffsets);
        var text = Of(tables, Section.Text);
        var texts = new byte[Count(tables)][];
        for (var id = 0; id < texts.Length; id++)
        {
            var start = BinaryPrimitives.ReadInt32LittleEndian(offsets[(4 * id)..]);
            texts[id] = text[start..BinaryPrimitives.ReadInt32LittleEndian(offsets[((4 * id) + 4)..])].ToArray();
        }

        return texts;
    }

    /// <summary>Tokens whose first merge joins two others that are known by then into exactly their text.</summary>
    private static HashSet<int> Derived(byte[][] texts, (int Left, int Right, int Merged)[] merges)
    {
        var first = new Dictionary<int, int>();
        for (var i = 0; i < merges.Length; i++)
        {
            first.TryAdd(merges[i].Merged, i);
        }

        var derived = new HashSet<int>();
        foreach (var (merged, i) in first.OrderBy(f => f.Value))
        {
            var (left, right, _) = merges[i];
            if (Known(left, i) && Known(right, i) && texts[merged].AsSpan().SequenceEqual([.. texts[left], .. texts[right]]))
            {
                derived.Add(merged);
            }
        }

        return derived;

        // Its own text is literal, or came from an earlier merge.
        bool Known(int id, int before) => !first.TryGetValue(id, out var maker) || maker < before;
    }
}
