namespace ModelPack.Compiler;

internal static partial class CompilerCodes
{
    /// <summary>The file names a kind of tokenizer that is not supported.</summary>
    public const string TokenizerModelUnknown = "MP2201";

    /// <summary>The file names a pre-tokenizer that is not supported.</summary>
    public const string PreTokenizerUnknown = "MP2202";

    /// <summary>The vocabulary is missing, empty, too large, or its arrays have different lengths.</summary>
    public const string VocabularyMalformed = "MP2203";

    /// <summary>A merge is no pair of tokens, or what it makes is no token.</summary>
    public const string MergeMalformed = "MP2204";

    /// <summary>A special token's id is outside the vocabulary, or is needed and missing.</summary>
    public const string SpecialTokenOutOfRange = "MP2205";

    /// <summary>A token is too long, has no possible type or score, or is a malformed byte token.</summary>
    public const string TokenMalformed = "MP2206";
}
