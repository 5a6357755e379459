using System.Buffers.Binary;
using static ModelPack.TokenizerLayout;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>Lays out a tokenizer's tables (docs/tokenizer-tables.md) as the runtime reads them in place. The same source gives the same bytes.</summary>
internal static class TokenizerTableBuilder
{
    /// <exception cref="ModelPackException">MP2203 to MP2206: the source contradicts itself.</exception>
    public static byte[] Build(TokenizerSource source)
    {
        var vocabulary = new Vocabulary(source);
        var merges = source.Model == Model.ByteLevelBpe ? MergeList.Read(source, vocabulary) : [];
        var bytes = ByteTokens(source, vocabulary);
        if (source.Model == Model.SentencePiece)
        {
            var keys = Keys(vocabulary, id => vocabulary.Type(id) is TokenAttributes.Normal or TokenAttributes.UserDefined or TokenAttributes.Unused);
            MarkWhole(Write(source, vocabulary, merges, bytes, keys), vocabulary, keys);
            return Write(source, vocabulary, merges, bytes, keys);
        }

        // Which words are tokens at once is found out with the very code that will merge them.
        var normal = Keys(vocabulary, id => vocabulary.Type(id) is TokenAttributes.Normal or TokenAttributes.Unused);
        return Write(source, vocabulary, merges, bytes, source.IgnoreMerges ? normal : WholeWords(Write(source, vocabulary, merges, bytes, []), vocabulary, normal));
    }

    private static List<int> Keys(Vocabulary vocabulary, Func<int, bool> filter)
    {
        var seen = new HashSet<byte[]>(BytesComparer.Instance);
        return [.. Enumerable.Range(0, vocabulary.Texts.Length).Where(id => vocabulary.Texts[id].Length > 0 && filter(id) && seen.Add(vocabulary.Texts[id]))];
    }

    private static unsafe List<int> WholeWords(byte[] tables, Vocabulary vocabulary, List<int> candidates)
    {
        fixed (byte* start = tables)
        {
            var tokenizer = new BytePairTokenizer(new TokenizerTables(start, tables.Length));
            using var merger = new SymbolMerger();
            using var ids = new PooledList<int>(16);
            var whole = new List<int>(candidates.Count);
            foreach (var id in candidates)
            {
                ids.Clear();
                tokenizer.MergeWord(vocabulary.Texts[id], ids, merger);
                if (ids.Count == 1 && ids.Span[0] == id)
                {
                    whole.Add(id);
                }
            }

            return whole;
        }
    }

    private static unsafe void MarkWhole(byte[] tables, Vocabulary vocabulary, List<int> keys)
    {
        fixed (byte* start = tables)
        {
            var tokenizer = new SentencePieceTokenizer(new TokenizerTables(start, tables.Length));
            using var merger = new SymbolMerger();
            using var ids = new PooledList<int>(16);
            foreach (var id in keys)
            {
                ids.Clear();
                var unknown = false;
                tokenizer.MergeWord(vocabulary.Texts[id], ids, merger, ref unknown);
                vocabulary.Attributes[id] |= ids.Count == 1 && ids.Span[0] == id ? TokenAttributes.Whole : 0;
            }
        }
    }

    /// <summary>Whether ▁ stands only at the beginning of keys (several may).</summary>
    private static bool WordsApart(Vocabulary vocabulary, List<int> keys) => keys.All(id =>
    {
        var text = vocabulary.Texts[id].AsSpan();
        while (text.StartsWith("▁"u8))
        {
            text = text["▁"u8.Length..];
        }

        return text.IndexOf("▁"u8) < 0;
    });

    private static int[] ByteTokens(TokenizerSource source, Vocabulary vocabulary)
    {
        var tokens = new int[256];
        tokens.AsSpan().Fill(-1);
        if (source.Model == Model.ByteLevelBpe)
        {
            for (var value = 0; value < 256; value++)
            {
                if (vocabulary.IdOf.TryGetValue(ByteLevelAlphabet.Encode((byte)value), out var id))
                {
                    tokens[value] = id;
                }
            }

            return tokens;
        }

        for (var id = vocabulary.Texts.Length - 1; id >= 0; id--)
        {
            if (vocabulary.Type(id) == TokenAttributes.Byte)
            {
                tokens[Vocabulary.ByteValue(vocabulary.Texts[id])] = id;
            }
        }

        return tokens;
    }

    private static byte[] Write(TokenizerSource source, Vocabulary vocabulary, List<MergeList.Merge> merges, int[] byteTokens, List<int> keys)
    {
        for (byte seed = 0; ; seed++)
        {
            var keyHash = PerfectHash.TryBuild([.. keys.Select(id => TableHash.OfBytes(vocabulary.Texts[id], seed))]);
            var mergeHash = PerfectHash.TryBuild([.. merges.Select(merge => TableHash.OfPair(merge.Pair, seed))]);
            if (keyHash is not null && mergeHash is not null)
            {
                return Write(source, vocabulary, merges, byteTokens, keys, seed, keyHash, mergeHash);
            }

            if (seed == 15)
            {
                throw new ModelPackException(CompilerCodes.VocabularyMalformed, "No hash table without collisions was found for this vocabulary, which is not one that occurs by chance. Convert the model anew.");
            }
        }
    }

    private static byte[] Write(
        TokenizerSource source, Vocabulary vocabulary, List<MergeList.Merge> merges, int[] byteTokens, List<int> keys, byte seed, PerfectHash keyHash, PerfectHash mergeHash)
    {
        var count = vocabulary.Texts.Length;
        var writer = new TableWriter();
        var offset = 0u;
        writer.Add(Section.TextOffsets, [.. vocabulary.Texts.Select(text => (offset += (uint)text.Length) - (uint)text.Length), offset]);
        writer.Add(Section.Text, vocabulary.Texts.SelectMany(text => text).ToArray());
        writer.Add(Section.Attributes, [.. vocabulary.Attributes.Select(a => (byte)a)]);
        writer.Add(Section.Scores, source.Model == Model.SentencePiece ? [.. source.Scores!.Select(BitConverter.SingleToUInt32Bits)] : ReadOnlySpan<uint>.Empty);
        writer.Add(Section.ByteTokens, [.. byteTokens.Select(id => (uint)id)]);

        var slots = new uint[keyHash.Slots];
        slots.AsSpan().Fill(EmptySlot);
        for (var i = 0; i < keys.Count; i++)
        {
            slots[keyHash.SlotOf[i]] = (uint)keys[i];
        }

        writer.Add(Section.KeyDisplacements, keyHash.Displacements);
        writer.Add(Section.KeySlots, slots);
        writer.Add(Section.MergeDisplacements, mergeHash.Displacements);
        writer.Add(Section.MergeSlots, MergeSlots(merges, mergeHash));

        var special = Enumerable.Range(0, count)
            .Where(id => vocabulary.Texts[id].Length > 0 && vocabulary.Type(id) is (TokenAttributes.Control or TokenAttributes.UserDefined or TokenAttributes.Unknown))
            .OrderBy(id => vocabulary.Texts[id], BytesComparer.Instance).ThenBy(id => id)
            .DistinctBy(id => vocabulary.Texts[id], BytesComparer.Instance)
            .ToArray();
        writer.Add(Section.SpecialFirst, [.. Enumerable.Range(0, 257).Select(first => (uint)special.Count(id => vocabulary.Texts[id][0] < first))]);
        writer.Add(Section.SpecialIds, [.. special.Select(id => (uint)id)]);

        var tables = writer.Finish();
        tables[ModelAt] = (byte)source.Model;
        tables[PreTokenizerAt] = (byte)source.PreTokenizer;
        tables[FlagsAt] = (byte)((source.AddBos ? Flags.AddBos : 0) | (source.AddEos ? Flags.AddEos : 0) | (source.AddSpacePrefix ? Flags.AddSpacePrefix : 0) | (source.Nfc ? Flags.Nfc : 0)
            | (source.Model == Model.SentencePiece && WordsApart(vocabulary, keys) ? Flags.WordsApart : 0));
        tables[HashSeedAt] = seed;
        Put(TokenCountAt, count);
        Put(BosAt, source.Bos);
        Put(EosAt, source.Eos);
        Put(UnknownAt, source.Unknown);
        Put(PaddingAt, source.Padding);
        Put(MaxKeyBytesAt, keys.Count == 0 ? 0 : keys.Max(id => vocabulary.Texts[id].Length));
        return tables;

        void Put(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(tables.AsSpan(at), value);
    }

    private static byte[] MergeSlots(List<MergeList.Merge> merges, PerfectHash hash)
    {
        // An empty slot is all ones: the pair of two tokens that cannot exist.
        var bytes = new byte[hash.Slots * MergeSlotBytes];
        bytes.AsSpan().Fill(0xFF);
        for (var i = 0; i < merges.Count; i++)
        {
            MergeSlot.Write(bytes.AsSpan(hash.SlotOf[i] * MergeSlotBytes, MergeSlotBytes), merges[i].Pair, merges[i].Merged, merges[i].Rank);
        }

        return bytes;
    }
}
