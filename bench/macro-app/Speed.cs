using System.Globalization;
using System.Text;
using ModelPack;

namespace MacroApp;

/// <summary>
/// Prefill of a long prompt, and decoding from a nearly empty context, on a warm model. Through the public surface, so greedy sampling and the decoding of
/// text are inside the figures; llama.cpp's are without either.
/// </summary>
internal static class Speed
{
    private static readonly string[] s_words = ["river", "stone", "walked", "small", "light", "and", "morning", "the", "house", "of", "green", "under", "seven", "quiet", "music"];

    public static void Run(Arguments arguments)
    {
        using var model = MacroModel.Load(arguments.Load);
        using var generator = model.CreateGenerator();
        var one = new GenerateOptions { MaxTokens = 1, IgnoreEndOfGeneration = true };

        // The last position must stay free for a token.
        var most = Math.Min(arguments.Prefill, model.Info.ContextLength - 1);

        // Another prompt first: it warms everything up, and the generator would reuse what a prompt has in common with the one before it.
        generator.Generate(Prompt(model.Tokenizer, most, first: 7), one);
        generator.Generate(Prompt(model.Tokenizer, most, first: 0), one);
        var prefill = generator.LastStatistics!;

        generator.Generate("a", one with { MaxTokens = Math.Min(8, arguments.Decode) });
        generator.Generate("The", one with { MaxTokens = arguments.Decode + 1 });
        var decode = generator.LastStatistics!;

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"prefill_tokens":{{prefill.PromptTokens - prefill.ReusedTokens}},"prefill_tps":{{prefill.PrefillTokensPerSecond:F2}},"decode_tokens":{{decode.GeneratedTokens - 1}},"decode_tps":{{decode.DecodeTokensPerSecond:F2}},"resident_mb":{{model.Info.ResidentBytes / 1e6:F1}}}"""));
    }

    /// <summary>Words until one more would make it more than <paramref name="most"/> tokens.</summary>
    private static string Prompt(Tokenizer tokenizer, int most, int first)
    {
        var text = new StringBuilder();
        for (var i = first; ; i++)
        {
            var length = text.Length;
            text.Append(length == 0 ? "" : " ").Append(s_words[(i * i + i) % s_words.Length]);
            if (tokenizer.Encode(text.ToString()).Length > most)
            {
                return text.ToString(0, length);
            }
        }
    }
}
