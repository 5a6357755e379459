namespace ModelPack;

/// <summary>Counts and times of one generation. Times are those of the model's work, without the caller's between two pieces of text.</summary>
public sealed record GenerateStatistics
{
    /// <summary>Why it ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>Tokens of the prompt, BOS included.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens of the prompt that were in the KV cache already, from the generator's last call.</summary>
    public required int ReusedTokens { get; init; }

    /// <summary>Tokens generated, an end-of-generation token not included.</summary>
    public required int GeneratedTokens { get; init; }

    /// <summary>Seconds to turn the prompt into tokens.</summary>
    public required double TokenizeSeconds { get; init; }

    /// <summary>Seconds spent on the prompt; in a model's first call, decoding of weights included (<see cref="LoadStatistics.DecodeWaitSeconds"/>).</summary>
    public required double PrefillSeconds { get; init; }

    /// <summary>Seconds from the call to the first token, tokenizer and prefill included.</summary>
    public required double FirstTokenSeconds { get; init; }

    /// <summary>Seconds spent on the tokens after the first.</summary>
    public required double DecodeSeconds { get; init; }

    /// <summary>Prompt tokens per second, reused ones not counted; 0 where there was nothing to measure.</summary>
    public required double PrefillTokensPerSecond { get; init; }

    /// <summary>Tokens per second after the first; 0 where there was nothing to measure.</summary>
    public required double DecodeTokensPerSecond { get; init; }

    /// <summary>The seed of the draws: with it the same text comes again. 0 for greedy generation.</summary>
    public required ulong Seed { get; init; }
}
