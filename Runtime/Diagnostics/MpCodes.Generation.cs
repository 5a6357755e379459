namespace ModelPack;

internal static partial class MpCodes
{
    /// <summary>The prompt has no tokens at all.</summary>
    public const string PromptEmpty = "MP5204";

    /// <summary>The model's logits are NaN, infinite, or none is above −∞.</summary>
    public const string LogitsNotFinite = "MP5205";
}
