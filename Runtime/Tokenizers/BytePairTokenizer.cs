namespace ModelPack;

/// <summary>
/// Byte-level byte-pair encoding (GPT-2's): the text is cut into words, each word's bytes are merged by rank.
/// A word that is a token as it stands (the compiler knows which merge into just that) needs one look-up.
/// </summary>
internal sealed class BytePairTokenizer : TableTokenizer
{
    /// <summary>Words up to this length merge in a plain array, which beats list and heap.</summary>
    private const int ShortWord = 32;

    private readonly PreTokenizerStage[] _stages;

    public BytePairTokenizer(TokenizerTables tables)
        : base(tables)
    {
        _stages = PreTokenizer.Stages(tables.PreTokenizer) is { Length: > 0 } stages
            ? stages
            : throw TokenizerTables.Malformed($"pre-tokenizer {(int)tables.PreTokenizer} is none that this runtime knows");
    }

    /// <summary>Tokens of one word, by merging only.</summary>
    internal void MergeWord(ReadOnlySpan<byte> word, PooledList<int> ids, SymbolMerger merger)
    {
        if (word.Length <= ShortWord)
        {
            MergeShort(word, ids);
            return;
        }

        merger.Clear();
        for (var i = 0; i < word.Length; i++)
        {
            merger.Add(i, Tables.ByteToken(word[i]));
        }

        merger.Merge(word, new Ranks(Tables));
        var at = 0;
        while (merger.TryTake(ref at, word, out var id, out _))
        {
            Emit(id, ids);
        }
    }

    protected override void EncodeFragment(ReadOnlySpan<byte> text, bool afterSpecial, PooledList<int> ids)
    {
        if (Has(TokenizerLayout.Flags.Nfc) && !CanonicalComposition.IsSurelyComposed(text))
        {
            using var composed = new PooledList<byte>(text.Length);
            CanonicalComposition.Append(text, composed);
            EncodeWords(composed.Span, ids);
        }
        else
        {
            EncodeWords(text, ids);
        }
    }

    protected override void AppendText(int id, TokenAttributes type, ref PieceState state, PooledList<byte> output) => output.AddRange(Tables.Text(id));

    private void EncodeWords(ReadOnlySpan<byte> text, PooledList<int> ids)
    {
        using var merger = new SymbolMerger();
        var pieces = new PieceEnumerator(_stages, text);
        while (pieces.TryNext(out var word))
        {
            var id = Tables.Find(word);
            if (id >= 0)
            {
                ids.Add(id);
            }
            else
            {
                MergeWord(word, ids, merger);
            }
        }
    }

    private void MergeShort(ReadOnlySpan<byte> word, PooledList<int> ids)
    {
        Span<int> tokens = stackalloc int[ShortWord];
        Span<int> merged = stackalloc int[ShortWord];
        Span<uint> ranks = stackalloc uint[ShortWord];
        var count = word.Length;
        for (var i = 0; i < count; i++)
        {
            tokens[i] = Tables.ByteToken(word[i]);
        }

        for (var i = 0; i + 1 < count; i++)
        {
            ranks[i] = Rank(tokens[i], tokens[i + 1], out merged[i]);
        }

        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                best = ranks[i] < ranks[best] ? i : best;
            }

            if (ranks[best] == uint.MaxValue)
            {
                break;
            }

            tokens[best] = merged[best];
            count--;
            for (var i = best + 1; i < count; i++)
            {
                (tokens[i], ranks[i - 1], merged[i - 1]) = (tokens[i + 1], ranks[i], merged[i]);
            }

            if (best > 0)
            {
                ranks[best - 1] = Rank(tokens[best - 1], tokens[best], out merged[best - 1]);
            }

            if (best + 1 < count)
            {
                ranks[best] = Rank(tokens[best], tokens[best + 1], out merged[best]);
            }
        }

        for (var i = 0; i < count; i++)
        {
            Emit(tokens[i], ids);
        }
    }

    /// <summary>A byte that the vocabulary lacks is left out, as other implementations do.</summary>
    private static void Emit(int id, PooledList<int> ids)
    {
        if (id >= 0)
        {
            ids.Add(id);
        }
    }

    private uint Rank(int left, int right, out int merged) => Tables.TryMerge(left, right, out merged, out var rank) ? rank : uint.MaxValue;

    private readonly struct Ranks(TokenizerTables tables) : IPairSource
    {
        public bool TryMerge(int left, int right, ReadOnlySpan<byte> text, out int merged, out uint priority) =>
            tables.TryMerge(left, right, out merged, out priority);
    }
}
