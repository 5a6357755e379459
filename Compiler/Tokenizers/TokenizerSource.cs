namespace ModelPack.Compiler.Tokenizers;

/// <summary>A tokenizer as a model file describes it, whatever the container. Checked by <see cref="TokenizerTableBuilder"/>.</summary>
internal sealed record TokenizerSource
{
    public required TokenizerLayout.Model Model { get; init; }

    public PreTokenizerKind PreTokenizer { get; init; }

    /// <summary>Bytes of the tokens as the file has them: byte-level BPE in its printable form (<c>Ġ</c> for a space), SentencePiece with <c>▁</c>.</summary>
    public required IReadOnlyList<byte[]> Tokens { get; init; }

    /// <summary>One a token, as GGUF numbers them (1 normal … 6 byte); null: all normal.</summary>
    public IReadOnlyList<int>? Types { get; init; }

    /// <summary>One a token; SentencePiece only.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>In order of rank, two texts with a space between; byte-level BPE only.</summary>
    public IReadOnlyList<byte[]> Merges { get; init; } = [];

    public int Bos { get; init; } = -1;

    public int Eos { get; init; } = -1;

    public int Unknown { get; init; } = -1;

    public int Padding { get; init; } = -1;

    /// <summary>Further ids that end generation (end of turn, end of message).</summary>
    public IReadOnlyList<int> EndOfGeneration { get; init; } = [];

    public bool AddBos { get; init; }

    public bool AddEos { get; init; }

    public bool AddSpacePrefix { get; init; }

    /// <summary>Text is normalised to form C first.</summary>
    public bool Nfc { get; init; }

    /// <summary>A word that is a token is that token, whatever merging would make of it.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>White space after special tokens is dropped (Phi-3), but for <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c> and <c>&lt;|endoftext|&gt;</c>.</summary>
    public bool StripAfterSpecial { get; init; }
}
