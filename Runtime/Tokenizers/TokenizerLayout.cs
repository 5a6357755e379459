namespace ModelPack;

/// <summary>
/// Layout of a tokenizer's tables, version 1 (docs/tokenizer-tables.md): written by the compiler, read in place by <see cref="TokenizerTables"/>.
/// Little-endian; nothing needs alignment.
/// </summary>
internal static class TokenizerLayout
{
    /// <summary>“MPTK”.</summary>
    public const uint Magic = 0x4B54504D;

    public const uint LayoutVersion = 1;

    // Header: byte offsets of its fields.
    public const int MagicAt = 0;
    public const int VersionAt = 4;
    public const int TotalBytesAt = 8;
    public const int ModelAt = 12;
    public const int PreTokenizerAt = 13;
    public const int FlagsAt = 14;
    public const int HashSeedAt = 15;
    public const int TokenCountAt = 16;
    public const int BosAt = 20;
    public const int EosAt = 24;
    public const int UnknownAt = 28;
    public const int PaddingAt = 32;
    public const int MaxKeyBytesAt = 36;

    /// <summary>Pairs (offset, length) of u32, in the order of <see cref="Section"/>.</summary>
    public const int SectionsAt = 40;

    public const int SectionCount = 11;
    public const int HeaderBytes = SectionsAt + (SectionCount * 8);

    /// <summary>Zeros after the last section, so that eight bytes can be read from any position inside one.</summary>
    public const int TailBytes = 8;

    /// <summary>left, right, merged and rank as 24 bits each.</summary>
    public const int MergeSlotBytes = 12;

    /// <summary>Ids and ranks have 24 bits; all ones is "none".</summary>
    public const int MaxTokens = (1 << 24) - 1;

    /// <summary>Longest token.</summary>
    public const int MaxTokenBytes = 1 << 16;

    public const uint EmptySlot = uint.MaxValue;

    public enum Model : byte
    {
        ByteLevelBpe = 1,
        SentencePiece = 2,
    }

    [Flags]
    public enum Flags : byte
    {
        AddBos = 1,
        AddEos = 2,
        AddSpacePrefix = 4,

        /// <summary>Text goes through normalisation form C.</summary>
        Nfc = 8,

        /// <summary>SentencePiece: no key has ▁ after another character, so no merge crosses from one word into the next.</summary>
        WordsApart = 16,
    }

    public enum Section
    {
        /// <summary>u32 × (tokens + 1): where each token's bytes start in <see cref="Text"/>.</summary>
        TextOffsets,

        /// <summary>Bytes of the tokens: byte-level BPE decoded; SentencePiece as in the file, ▁ and &lt;0xNN&gt; included.</summary>
        Text,

        /// <summary>One <see cref="TokenAttributes"/> a token.</summary>
        Attributes,

        /// <summary>SentencePiece: f32 × tokens.</summary>
        Scores,

        /// <summary>i32 × 256: token of each byte, or −1.</summary>
        ByteTokens,

        /// <summary>u16 per bucket of the perfect hash from bytes to token.</summary>
        KeyDisplacements,

        /// <summary>u32 token per slot. BPE: tokens that a word equal to them becomes at once; SentencePiece: all that merging may make.</summary>
        KeySlots,

        /// <summary>u16 per bucket of the perfect hash over merges.</summary>
        MergeDisplacements,

        /// <summary>12 bytes per slot, see <see cref="MergeSlotBytes"/>.</summary>
        MergeSlots,

        /// <summary>u32 × 257: for each first byte, where its tokens start in <see cref="SpecialIds"/>.</summary>
        SpecialFirst,

        /// <summary>u32 token ids: control, user-defined and unknown tokens sorted by their bytes.</summary>
        SpecialIds,
    }
}

/// <summary>One byte a token.</summary>
[Flags]
internal enum TokenAttributes : byte
{
    // Bits 0–2: the type as GGUF numbers it.
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
    TypeMask = 7,

    /// <summary>Ends generation.</summary>
    EndOfGeneration = 8,

    /// <summary>White space before it in the text is dropped.</summary>
    StripLeft = 16,

    /// <summary>White space after it in the text is dropped.</summary>
    StripRight = 32,

    /// <summary>SentencePiece: merging its characters gives just this token.</summary>
    Whole = 64,
}
