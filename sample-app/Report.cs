using System.Diagnostics;
using System.Globalization;
using ModelPack;

namespace SampleApp;

/// <summary>Speed and memory of a generation, for people and for programs.</summary>
internal static class Report
{
    private static double PeakMegabytes => Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;

    public static string Text(GenerateStatistics s, ColdStart start, ModelInfo model) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        prompt       {s.PromptTokens} tokens, {s.PrefillTokensPerSecond:F1} tokens/s
        generated    {s.GeneratedTokens} tokens, {s.DecodeTokensPerSecond:F1} tokens/s, ended by {s.StopReason}
        first token  {s.FirstTokenSeconds * 1000:F2} ms
        {start.Text}
        memory       {PeakMegabytes:F1} MB at most, {model.ResidentBytes / 1e6:F1} MB of them weights
        """);

    public static string Json(GenerateStatistics s, ColdStart start, ModelInfo model) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"prompt_tokens":{{s.PromptTokens}},"tokens":{{s.GeneratedTokens}},"prefill_tps":{{s.PrefillTokensPerSecond:F1}},"decode_tps":{{s.DecodeTokensPerSecond:F1}},"first_token_ms":{{s.FirstTokenSeconds * 1000:F2}},"peak_rss_mb":{{PeakMegabytes:F1}},"resident_mb":{{model.ResidentBytes / 1e6:F1}},"cold_start":{{start.Json}}}""");
}
