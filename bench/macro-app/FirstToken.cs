using System.Text;
using ModelPack;

namespace MacroApp;

/// <summary>Cold start as an application has it: load, continue a short prompt, write each piece of text the moment it is there. On stderr, where the time went.</summary>
internal static class FirstToken
{
    public static async Task Run(Arguments arguments, ColdStart clock)
    {
        using var model = MacroModel.Load(arguments.Load);
        clock.Loaded();
        using var generator = model.CreateGenerator();
        using var output = Console.OpenStandardOutput();
        clock.Ready();
        await foreach (var piece in generator.GenerateAsync(arguments.Prompt, new GenerateOptions { MaxTokens = arguments.Tokens, IgnoreEndOfGeneration = true }))
        {
            output.Write(Encoding.UTF8.GetBytes(piece));
            clock.Written();
        }

        output.Write("\n"u8);
        Console.Error.WriteLine(clock.Json(model.LoadStatistics, generator.LastStatistics!));
        Console.Error.WriteLine(Memory.Json());
    }
}
