using System.Diagnostics;
using System.Globalization;
using ModelPack;

namespace SampleApp;

/// <summary>Where the time from the program's start to its first token goes, in milliseconds.</summary>
/// <param name="Runtime">Processor time before Main, which is nearly all that has passed then.</param>
/// <param name="Open">Opening the pack.</param>
/// <param name="Tokenizer">Opening the tokenizer, and the prompt's tokens.</param>
/// <param name="Decode">Waiting for weights, which are decoded when they are first needed.</param>
/// <param name="Prefill">Computing on the prompt.</param>
/// <param name="Sampling">Choosing the token and making it text.</param>
internal sealed record ColdStart(double Runtime, double Open, double Tokenizer, double Decode, double Prefill, double Sampling)
{
    /// <summary>From the statistics of a program's first generation.</summary>
    public static ColdStart Of(TimeSpan runtime, LoadStatistics load, GenerateStatistics run)
    {
        var decode = Math.Min(load.DecodeWaitSeconds, run.PrefillSeconds);
        return new(
            runtime.TotalMilliseconds,
            1e3 * load.PackSeconds,
            1e3 * (load.TokenizerSeconds + run.TokenizeSeconds),
            1e3 * decode,
            1e3 * (run.PrefillSeconds - decode),
            1e3 * (run.FirstTokenSeconds - run.PrefillSeconds - run.TokenizeSeconds));
    }

    public string Text => string.Create(
        CultureInfo.InvariantCulture,
        $"cold start   {Runtime + Open + Tokenizer + Decode + Prefill + Sampling:F1} ms: runtime {Runtime:F1}, pack {Open:F1}, tokenizer {Tokenizer:F1}, decoding weights {Decode:F1}, prefill {Prefill:F1}, sampling {Sampling:F1}");

    public string Json => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"runtime_ms":{{Runtime:F2}},"open_ms":{{Open:F2}},"tokenizer_ms":{{Tokenizer:F2}},"decode_ms":{{Decode:F2}},"prefill_ms":{{Prefill:F2}},"sample_ms":{{Sampling:F2}}}""");
}
