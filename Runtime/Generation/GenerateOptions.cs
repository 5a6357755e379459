using System.Buffers;
using System.Text;

namespace ModelPack;

/// <summary>
/// How text is generated. Immutable; every value is checked where it is set. The default is greedy: the most probable token each time.
/// </summary>
/// <remarks>
/// Filters apply in llama.cpp's order: repetition penalty, <see cref="TopK"/>, <see cref="TopP"/>, <see cref="MinP"/>, then
/// <see cref="Temperature"/>, then one token is drawn. So TopP and MinP look at the probabilities at temperature 1.
/// </remarks>
/// <exception cref="ModelPackException">MP5101 from any property that is set out of its range.</exception>
public sealed record GenerateOptions
{
    /// <summary>Most stop strings, and most UTF-16 units in one.</summary>
    public const int MaxStopStrings = 64, MaxStopStringLength = 1024;

    internal static GenerateOptions Default { get; } = new();

    /// <summary>Most tokens to generate: 1 or more; default 256. The context's end, an end-of-generation token or a stop string may come earlier.</summary>
    public int MaxTokens
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.MaxTokens", value, 1, int.MaxValue, "tokens");
    } = 256;

    /// <summary>Logits are divided by this before drawing: 0 … 100. 0 (default): greedy, always the best token (the lowest id among equals).</summary>
    public float Temperature
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.Temperature", value, 0f, 100f, "0 is greedy");
    }

    /// <summary>Only the K best tokens are drawn from (Fan et al. 2018): 1 or more; 0 (default): all.</summary>
    public int TopK
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.TopK", value, 0, int.MaxValue, "0 turns it off");
    }

    /// <summary>Only the fewest best tokens whose probabilities reach this sum (nucleus sampling, Holtzman et al. 2020): 0 … 1; 1 (default): all.</summary>
    public float TopP
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.TopP", value, 0f, 1f, "1 turns it off");
    } = 1f;

    /// <summary>Only tokens at least this many times as probable as the best one (Nguyen et al. 2024): 0 … 1; 0 (default): all.</summary>
    public float MinP
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.MinP", value, 0f, 1f, "0 turns it off");
    }

    /// <summary>
    /// Positive logits of recent tokens are divided by this, negative ones multiplied (Keskar et al. 2019): 0.01 … 100; 1 (default): off, above 1 discourages repetition.
    /// Applies to greedy generation too.
    /// </summary>
    public float RepetitionPenalty
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.RepetitionPenalty", value, 0.01f, 100f, "1 turns it off");
    } = 1f;

    /// <summary>How many of the latest tokens count as recent for <see cref="RepetitionPenalty"/>: 0 or more; default 64; −1: all.</summary>
    public int RepetitionWindow
    {
        get;
        init => field = OptionCheck.Range("GenerateOptions.RepetitionWindow", value, -1, int.MaxValue, "tokens; -1 is all");
    } = 64;

    /// <summary>Whether tokens of the prompt count as recent, too. Default true.</summary>
    public bool PenalizePrompt { get; init; } = true;

    /// <summary>
    /// Seed of the random draws, any value; null (default): a new one each time, reported in <see cref="GenerateStatistics.Seed"/>. The same model, prompt,
    /// options and seed give the same text on every processor.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// Generation ends when the text contains one of these; it and what follows are left out. At most <see cref="MaxStopStrings"/>, each of 1 … <see cref="MaxStopStringLength"/>
    /// UTF-16 units without lone surrogates, compared ordinally. Only the continuation is searched, not the prompt. Default none.
    /// </summary>
    public IReadOnlyList<string> StopStrings
    {
        get;
        init => field = CheckStopStrings(value);
    } = [];

    /// <summary>
    /// Whether control tokens such as <c>&lt;|im_start|&gt;</c> written out in the prompt are taken as such. Default true; set it to false for prompts with text from strangers.
    /// </summary>
    public bool ParseSpecial { get; init; } = true;

    /// <summary>Whether control tokens that the model generates appear in the text. Default false.</summary>
    public bool IncludeSpecial { get; init; }

    /// <summary>Whether to go on after an end-of-generation token, as measurements want it. Default false.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    private static string[] CheckStopStrings(IReadOnlyList<string>? strings)
    {
        const string Option = "GenerateOptions.StopStrings";
        string[] copy = strings is null ? [] : [.. strings];
        if (copy.Length > MaxStopStrings)
        {
            throw OptionCheck.OutOfRange(Option, $"a list of {copy.Length}", $"at most {MaxStopStrings} strings", "give fewer");
        }

        for (var i = 0; i < copy.Length; i++)
        {
            if (copy[i] is not { Length: > 0 and <= MaxStopStringLength } text)
            {
                throw OptionCheck.OutOfRange($"{Option}[{i}]", copy[i] is null ? "null" : $"{copy[i].Length} characters long", $"1 to {MaxStopStringLength} characters", "leave the list empty for none");
            }

            // Half a surrogate pair never appears in decoded text, but could match half of a character that does.
            for (var rest = text.AsSpan(); rest.Length > 0;)
            {
                if (Rune.DecodeFromUtf16(rest, out _, out var consumed) != OperationStatus.Done)
                {
                    throw OptionCheck.OutOfRange($"{Option}[{i}]", "not well-formed UTF-16", "text without lone surrogates", "remove the half character");
                }

                rest = rest[consumed..];
            }
        }

        return copy;
    }
}
