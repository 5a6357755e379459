using System.Globalization;
using System.Text;

namespace ModelPack.Compiler.Tokenizers;

/// <summary>A checked vocabulary: attributes and the bytes that the tables hold for each token.</summary>
internal sealed class Vocabulary
{
    /// <summary>Longest token that is looked for in text as a whole; bounds the work at each position of a hostile text.</summary>
    private const int MaxSpecialBytes = 512;

    private const long MaxTextBytes = 1 << 28;

    private readonly TokenizerSource _source;

    public Vocabulary(TokenizerSource source)
    {
        _source = source;
        CheckCounts();
        Attributes = [.. Enumerable.Range(0, source.Tokens.Count).Select(TypeOf)];
        EndOfGenerationNames.Mark(source, Attributes);
        Texts = new byte[source.Tokens.Count][];
        for (var id = 0; id < Texts.Length; id++)
        {
            var raw = source.Tokens[id];
            CheckToken(id, raw);
            Texts[id] = source.Model == TokenizerLayout.Model.ByteLevelBpe && Type(id) is (TokenAttributes.Normal or TokenAttributes.Unused) ? ByteLevelAlphabet.Decode(raw) ?? raw : raw;
            IdOf.TryAdd(raw, id);
        }

        if (source.StripAfterSpecial)
        {
            MarkStripping();
        }
    }

    public TokenAttributes[] Attributes { get; }

    public byte[][] Texts { get; }

    /// <summary>Token of a text as the file has it; the first of several.</summary>
    public Dictionary<byte[], int> IdOf { get; } = new(BytesComparer.Instance);

    public TokenAttributes Type(int id) => Attributes[id] & TokenAttributes.TypeMask;

    /// <summary>For messages: the token's number and text.</summary>
    public string Describe(int id) => $"token {id} ('{Printable(_source.Tokens[id])}')";

    public static string Printable(ReadOnlySpan<byte> text) =>
        string.Concat(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)]).Select(c => char.IsControl(c) ? '\uFFFD' : c)) + (text.Length > 40 ? "…" : "");

    /// <summary>The value of a byte token's text, <c>&lt;0xNN&gt;</c>, or −1.</summary>
    public static int ByteValue(ReadOnlySpan<byte> text) =>
        text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>' && byte.TryParse(text[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : -1;

    private static ModelPackException Malformed(string text) => new(CompilerCodes.TokenMalformed, text + " Convert the model anew.");

    private void CheckCounts()
    {
        var count = _source.Tokens.Count;
        if (count is 0 or > TokenizerLayout.MaxTokens)
        {
            throw new ModelPackException(CompilerCodes.VocabularyMalformed, $"The vocabulary has {count} tokens; expected 1 to {TokenizerLayout.MaxTokens}. Convert the model anew.");
        }

        CheckLength("token types", _source.Types?.Count);
        CheckLength("token scores", _source.Scores?.Count);
        if (_source.Model == TokenizerLayout.Model.SentencePiece && _source.Scores is null)
        {
            throw new ModelPackException(CompilerCodes.VocabularyMalformed, "A SentencePiece vocabulary has no scores. Convert the model anew.");
        }

        if (_source.Merges.Count > TokenizerLayout.MaxTokens)
        {
            throw new ModelPackException(CompilerCodes.VocabularyMalformed, $"The vocabulary has {_source.Merges.Count} merges; at most {TokenizerLayout.MaxTokens} can be. Convert the model anew.");
        }

        var bytes = _source.Tokens.Sum(token => (long)token.Length);
        if (bytes > MaxTextBytes)
        {
            throw new ModelPackException(CompilerCodes.VocabularyMalformed, $"The vocabulary's tokens have {bytes} bytes; at most {MaxTextBytes} can be. Convert the model anew.");
        }

        foreach (var id in _source.EndOfGeneration.Append(_source.Bos).Append(_source.Eos).Append(_source.Unknown).Append(_source.Padding))
        {
            if (id < -1 || id >= count)
            {
                throw new ModelPackException(CompilerCodes.SpecialTokenOutOfRange, $"A special token's id is {id}, outside the vocabulary of {count} tokens. Correct it or convert the model anew.");
            }
        }

        void CheckLength(string what, int? length)
        {
            if (length is { } found && found != count)
            {
                throw new ModelPackException(CompilerCodes.VocabularyMalformed, $"The vocabulary has {count} tokens and {found} {what}; expected as many. Convert the model anew.");
            }
        }
    }

    private TokenAttributes TypeOf(int id)
    {
        var type = _source.Types?[id] ?? 0;
        if (type is < 0 or > (int)TokenAttributes.Byte)
        {
            throw Malformed($"Token {id} ('{Printable(_source.Tokens[id])}') has type {type}; expected 0 to 6.");
        }

        // Without a type: byte tokens by their form, the unknown token and the ends by their ids.
        return type != 0 ? (TokenAttributes)type
            : _source.Model == TokenizerLayout.Model.SentencePiece && ByteValue(_source.Tokens[id]) >= 0 ? TokenAttributes.Byte
            : id == _source.Unknown && _source.Types is null ? TokenAttributes.Unknown
            : (id == _source.Bos || id == _source.Eos) && _source.Types is null ? TokenAttributes.Control
            : TokenAttributes.Normal;
    }

    private void CheckToken(int id, byte[] raw)
    {
        var special = Type(id) is TokenAttributes.Control or TokenAttributes.UserDefined or TokenAttributes.Unknown;
        var limit = special ? MaxSpecialBytes : TokenizerLayout.MaxTokenBytes;
        if (raw.Length > limit)
        {
            throw Malformed($"{Describe(id)} has {raw.Length} bytes; at most {limit} can be.");
        }

        if (_source.Scores is { } scores && float.IsNaN(scores[id]))
        {
            throw Malformed($"The score of {Describe(id)} is not a number.");
        }

        if (_source.Model == TokenizerLayout.Model.SentencePiece && Type(id) == TokenAttributes.Byte && ByteValue(raw) < 0)
        {
            throw Malformed($"{Describe(id)} is a byte token; expected '<0x00>' to '<0xFF>'.");
        }
    }

    private void MarkStripping()
    {
        for (var id = 0; id < Texts.Length; id++)
        {
            var special = Type(id) is TokenAttributes.Control or TokenAttributes.UserDefined or TokenAttributes.Unknown;
            var exempt = Texts[id].AsSpan().SequenceEqual("<unk>"u8) || Texts[id].AsSpan().SequenceEqual("<s>"u8) || Texts[id].AsSpan().SequenceEqual("<|endoftext|>"u8);
            Attributes[id] |= special && !exempt ? TokenAttributes.StripRight : 0;
        }
    }
}
