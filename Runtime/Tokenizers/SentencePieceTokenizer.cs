using System.Globalization;

namespace ModelPack;

/// <summary>
/// SentencePiece's BPE, as Llama 2 and its relatives have it: spaces become ▁ (U+2581), characters merge while the joined text is
/// a token, highest score first; characters that are no token fall back to byte tokens.
/// </summary>
internal sealed class SentencePieceTokenizer(TokenizerTables tables) : TableTokenizer(tables)
{
    private static ReadOnlySpan<byte> Blank => "▁"u8;

    protected override void EncodeFragment(ReadOnlySpan<byte> text, bool afterSpecial, PooledList<int> ids)
    {
        using var escaped = new PooledList<byte>(text.Length + (text.Length / 4) + 3);
        if (afterSpecial && Has(TokenizerLayout.Flags.AddSpacePrefix))
        {
            escaped.AddRange(Blank);
        }

        for (int space; (space = text.IndexOf((byte)' ')) >= 0; text = text[(space + 1)..])
        {
            escaped.AddRange(text[..space]);
            escaped.AddRange(Blank);
        }

        escaped.AddRange(text);
        EncodeEscaped(escaped.Span, ids);
    }

    protected override void AppendText(int id, TokenAttributes type, ref PieceState state, PooledList<byte> output)
    {
        var text = Tables.Text(id);
        if (type == TokenAttributes.Byte)
        {
            AppendByte(text, output);
            state.AtStart = false;
            return;
        }

        if (state.AtStart && Has(TokenizerLayout.Flags.AddSpacePrefix) && !text.IsEmpty)
        {
            text = text.StartsWith(Blank) ? text[Blank.Length..] : text[0] == ' ' ? text[1..] : text;
        }

        state.AtStart &= Tables.Text(id).IsEmpty;
        for (int blank; (blank = text.IndexOf(Blank)) >= 0; text = text[(blank + Blank.Length)..])
        {
            output.AddRange(text[..blank]);
            output.Add((byte)' ');
        }

        output.AddRange(text);
    }

    private static void AppendByte(ReadOnlySpan<byte> text, PooledList<byte> output)
    {
        // <0xNN>, checked by the compiler; anything else is no byte.
        if (text.Length == 6 && byte.TryParse(text[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            output.Add(value);
        }
    }

    private void EncodeEscaped(ReadOnlySpan<byte> text, PooledList<int> ids)
    {
        using var merger = new SymbolMerger();
        var unknown = false;
        while (!text.IsEmpty)
        {
            var length = Has(TokenizerLayout.Flags.WordsApart) ? WordLength(text) : text.Length;
            var word = text[..length];
            var id = Tables.Find(word);
            if (id >= 0 && (Tables.Attributes(id) & TokenAttributes.Whole) != 0)
            {
                ids.Add(id);
                unknown = false;
            }
            else
            {
                MergeWord(word, ids, merger, ref unknown);
            }

            text = text[length..];
        }
    }

    /// <summary>Length of the first word: blanks, and what follows up to the next blank.</summary>
    private static int WordLength(ReadOnlySpan<byte> text)
    {
        var start = 0;
        while (text[start..].StartsWith(Blank))
        {
            start += Blank.Length;
        }

        var next = text[start..].IndexOf(Blank);
        return next < 0 ? text.Length : start + next;
    }

    /// <summary>Tokens of one word, by merging only.</summary>
    /// <param name="unknown">Whether the token before is the unknown one.</param>
    internal void MergeWord(ReadOnlySpan<byte> word, PooledList<int> ids, SymbolMerger merger, ref bool unknown)
    {
        merger.Clear();
        for (var start = 0; start < word.Length;)
        {
            var length = Scan.Step(word, start);
            merger.Add(start, Tables.Find(word.Slice(start, length)));
            start += length;
        }

        merger.Merge(word, new Scores(Tables));
        var at = 0;
        while (merger.TryTake(ref at, word, out var id, out var bytes))
        {
            if (id >= 0)
            {
                ids.Add(id);
                unknown = false;
            }
            else
            {
                unknown = Fallback(bytes, unknown, ids);
            }
        }
    }

    /// <summary>A character that is no token: its bytes, or, where the vocabulary has none, the unknown token once for a run.</summary>
    private bool Fallback(ReadOnlySpan<byte> bytes, bool unknown, PooledList<int> ids)
    {
        foreach (var value in bytes)
        {
            if (Tables.ByteToken(value) < 0)
            {
                if (!unknown && Tables.Unknown >= 0)
                {
                    ids.Add(Tables.Unknown);
                }

                return true;
            }
        }

        foreach (var value in bytes)
        {
            ids.Add(Tables.ByteToken(value));
        }

        return false;
    }

    private readonly struct Scores(TokenizerTables tables) : IPairSource
    {
        public bool TryMerge(int left, int right, ReadOnlySpan<byte> text, out int merged, out uint priority)
        {
            merged = tables.Find(text);
            priority = merged < 0 ? 0 : Descending(tables.Score(merged));
            return merged >= 0;
        }

        /// <summary>A number whose order is that of the scores turned round; −0 equals 0.</summary>
        private static uint Descending(float score)
        {
            var bits = BitConverter.SingleToUInt32Bits(score + 0f);
            return (bits & 0x80000000) != 0 ? bits : 0x7FFFFFFF - bits;
        }
    }
}
