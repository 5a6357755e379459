using System.Text;
using ModelPack;

namespace MacroApp;

/// <summary>Cold start as an application has it: load, continue a short prompt, write each piece of text the moment it is there.</summary>
internal static class FirstToken
{
    public static async Task Run(Arguments arguments)
    {
        using var model = MacroModel.Load(arguments.Load);
        using var generator = model.CreateGenerator();
        using var output = Console.OpenStandardOutput();
        await foreach (var piece in generator.GenerateAsync(arguments.Prompt, new GenerateOptions { MaxTokens = arguments.Tokens, IgnoreEndOfGeneration = true }))
        {
            output.Write(Encoding.UTF8.GetBytes(piece));
        }

        output.Write("\n"u8);
    }
}
