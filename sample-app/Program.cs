using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModelPack;
using SampleApp;

try
{
    var arguments = Arguments.Parse(args);
    using var model = SampleModel.Load(arguments.Load);
    using var generator = model.CreateGenerator();
    using var output = Console.OpenStandardOutput();

    await foreach (var piece in generator.GenerateAsync(arguments.Prompt, arguments.Generate))
    {
        output.Write(Encoding.UTF8.GetBytes(piece));
    }

    output.Write("\n"u8);
    if (arguments.Stats && generator.LastStatistics is { } s)
    {
        var sinceStart = DateTime.Now - Process.GetCurrentProcess().StartTime;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            prompt      {s.PromptTokens} tokens, {s.PrefillTokensPerSecond:F1} tokens/s
            generated   {s.GeneratedTokens} tokens, {s.DecodeTokensPerSecond:F1} tokens/s, ended by {s.StopReason}
            first token {s.FirstTokenSeconds * 1000:F2} ms after the call; {sinceStart.TotalMilliseconds:F0} ms from process start to the end
            memory      {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F1} MB at most
            """));
    }

    return 0;
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
