using System.Text;
using ModelPack;
using SampleApp;

try
{
    var arguments = Arguments.Parse(args);
    using var model = SampleModel.Load(arguments.Load);
    using var output = Console.OpenStandardOutput();

    if (arguments.Chat)
    {
        using var chat = model.CreateChat(new() { SystemPrompt = arguments.Prompt.Length > 0 ? arguments.Prompt : null, Generate = arguments.Generate });
        while (Prompt() is { } line)
        {
            await foreach (var piece in chat.SendAsync(line))
            {
                Write(piece);
            }

            End(chat.LastStatistics!);
        }

        return 0;
    }

    using var generator = model.CreateGenerator();
    foreach (var ids in arguments.PromptTokens)
    {
        Write($"[{string.Join(',', generator.GenerateTokens(ids, arguments.Generate))}]");
        End(generator.LastStatistics!);
    }

    if (arguments.PromptTokens.Count == 0)
    {
        await foreach (var piece in generator.GenerateAsync(arguments.Prompt, arguments.Generate))
        {
            Write(piece);
        }

        End(generator.LastStatistics!);
    }

    return 0;

    string? Prompt()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Error.Write("> ");
        }

        return Console.ReadLine();
    }

    void End(GenerateStatistics statistics)
    {
        Write("\n");
        if (arguments.Stats)
        {
            Console.Error.WriteLine(Report.Text(statistics));
        }

        if (arguments.Json)
        {
            Write(Report.Json(statistics) + "\n");
        }
    }

    void Write(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
catch (ModelPackException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"{e.Message}\n\n{Arguments.Usage}");
    return 2;
}
