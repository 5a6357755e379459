namespace ModelPack;

/// <summary>Why a generation ended.</summary>
public enum StopReason
{
    /// <summary>The model produced an end-of-generation token.</summary>
    EndOfGeneration = 0,

    /// <summary><see cref="GenerateOptions.MaxTokens"/> was reached.</summary>
    MaxTokens = 1,

    /// <summary>One of <see cref="GenerateOptions.StopStrings"/> appeared.</summary>
    StopString = 2,

    /// <summary>The context is full.</summary>
    ContextFull = 3,

    /// <summary>The caller cancelled, or stopped reading.</summary>
    Cancelled = 4,
}
