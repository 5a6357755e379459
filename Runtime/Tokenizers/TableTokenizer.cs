using System.Buffers;
using System.Text;

namespace ModelPack;

/// <summary>What all tokenizers over tables share: special tokens, beginning and end, decoding.</summary>
internal abstract class TableTokenizer : Tokenizer
{
    /// <summary>Longer texts are refused: far beyond any context, and where such a text is one single word, merging it takes some 100 bytes a character.</summary>
    private const int MaxCharacters = 1 << 24;

    private readonly SpecialTokenMatcher _special;

    protected TableTokenizer(TokenizerTables tables)
    {
        Tables = tables;
        _special = new(tables);
    }

    public sealed override int VocabularySize => Tables.Count;

    public sealed override int BosId => Tables.Bos;

    public sealed override int EosId => Tables.Eos;

    public sealed override bool AddsBos => Has(TokenizerLayout.Flags.AddBos) && BosId >= 0;

    protected TokenizerTables Tables { get; }

    public sealed override bool IsEndOfGeneration(int id) =>
        (uint)id < (uint)Tables.Count && (Tables.Attributes(id) & TokenAttributes.EndOfGeneration) != 0;

    public sealed override int[] Encode(ReadOnlySpan<char> text, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(text, addSpecial, parseSpecial ? [] : [0, text.Length]);

    internal sealed override int[] EncodePrompt(string text, ReadOnlySpan<int> literal) => Encode(text, addSpecial: false, literal);

    /// <param name="literal">Spans in which control tokens are text like any other: start and end in turn, ascending, in UTF-16 units.</param>
    private int[] Encode(ReadOnlySpan<char> text, bool addSpecial, ReadOnlySpan<int> literal)
    {
        if (text.Length > MaxCharacters)
        {
            throw new ModelPackException(MpCodes.PromptTooLong, $"The text has {text.Length} characters; a tokenizer takes at most {MaxCharacters}. Split it.");
        }

        using var ids = new PooledList<int>((text.Length / 3) + 8);
        if (addSpecial && AddsBos)
        {
            ids.Add(BosId);
        }

        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        try
        {
            Encode(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), InBytes(text, literal), ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        if (addSpecial && Has(TokenizerLayout.Flags.AddEos) && EosId >= 0)
        {
            ids.Add(EosId);
        }

        return ids.Span.ToArray();
    }

    public sealed override string Decode(ReadOnlySpan<int> ids, bool special = false)
    {
        using var bytes = new PooledList<byte>((ids.Length * 4) + 16);
        var state = new PieceState(special);
        foreach (var id in ids)
        {
            AppendPiece(id, ref state, bytes);
        }

        return Encoding.UTF8.GetString(bytes.Span);
    }

    public sealed override StreamingDecoder CreateDecoder(bool special = false) => new PieceDecoder(this, special);

    /// <summary>Appends a token's bytes as text has them.</summary>
    /// <exception cref="ModelPackException">MP5202: no such token.</exception>
    internal void AppendPiece(int id, ref PieceState state, PooledList<byte> output)
    {
        if ((uint)id >= (uint)Tables.Count)
        {
            throw new ModelPackException(MpCodes.TokenOutOfRange, $"Token {id} is outside the vocabulary of {Tables.Count} tokens.");
        }

        var type = Tables.Attributes(id) & TokenAttributes.TypeMask;
        if (type is not (TokenAttributes.Control or TokenAttributes.Unknown))
        {
            AppendText(id, type, ref state, output);
        }
        else if (state.Special)
        {
            output.AddRange(Tables.Text(id));
            state.AtStart = false;
        }
    }

    protected bool Has(TokenizerLayout.Flags flag) => (Tables.Flags & flag) != 0;

    /// <summary>Tokens of text without special tokens in it.</summary>
    /// <param name="text">UTF-8, not empty.</param>
    /// <param name="afterSpecial">At the beginning, or after a special token.</param>
    protected abstract void EncodeFragment(ReadOnlySpan<byte> text, bool afterSpecial, PooledList<int> ids);

    protected abstract void AppendText(int id, TokenAttributes type, ref PieceState state, PooledList<byte> output);

    /// <summary>Spans of UTF-16 units as spans of UTF-8 bytes.</summary>
    private static int[] InBytes(ReadOnlySpan<char> text, ReadOnlySpan<int> spans)
    {
        var result = new int[spans.Length];
        int at = 0, bytes = 0;
        for (var i = 0; i < spans.Length; i++)
        {
            bytes += Encoding.UTF8.GetByteCount(text[at..spans[i]]);
            at = spans[i];
            result[i] = bytes;
        }

        return result;
    }

    private void Encode(ReadOnlySpan<byte> text, ReadOnlySpan<int> literal, PooledList<int> ids)
    {
        var at = 0;
        var afterSpecial = true;
        while (_special.TryFind(text, at, literal, out var start, out var length, out var id))
        {
            var attributes = Tables.Attributes(id);
            var fragment = text[at..start];
            if ((attributes & TokenAttributes.StripLeft) != 0)
            {
                fragment = fragment.TrimEnd(" \t\n\v\f\r"u8);
            }

            if (!fragment.IsEmpty)
            {
                EncodeFragment(fragment, afterSpecial, ids);
            }

            ids.Add(id);
            afterSpecial = true;
            at = start + length;
            if ((attributes & TokenAttributes.StripRight) != 0)
            {
                var rest = text[at..].IndexOfAnyExcept(" \t\n\v\f\r"u8);
                at = rest < 0 ? text.Length : at + rest;
            }
        }

        if (at < text.Length)
        {
            EncodeFragment(text[at..], afterSpecial, ids);
        }
    }

    /// <summary>What decoding has to remember from token to token.</summary>
    internal struct PieceState(bool special)
    {
        /// <summary>Control tokens are written out.</summary>
        public readonly bool Special = special;

        /// <summary>No text yet: the space that was put in front when encoding is to be dropped.</summary>
        public bool AtStart = true;
    }
}
