using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelPack.Compiler.Cli;

/// <summary>
/// <c>modelpack measure FILE --text T</c>: the model as an app runs it (int8 activations unless told otherwise) against itself with float activations:
/// divergence, agreement, perplexity. Windows of 512 tokens from the start of the text, positions 256 … 511 of each (DESIGN.md).
/// </summary>
internal static class MeasureVerb
{
    private const int Window = 512;
    private const int FirstMeasured = 256;

    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("measure", arguments, [.. RunOptions.Names, "--text", "--windows"], ["--json"]);
        var options = RunOptions.Read(line);
        var windows = line.Integer("--windows", 1, 100_000) ?? 24;
        using var model = InterpretedModel.Open(line.File, options, null, cancellation);
        using var reference = InterpretedModel.Open(line.File, options with { FloatActivations = true }, null, cancellation);
        var ids = model.Model.Tokenizer.Encode(ReadText(line.Require("--text")), addSpecial: false, parseSpecial: false);
        windows = Math.Min(windows, ids.Length / Window);
        if (windows == 0)
        {
            throw CommandLine.Error($"--text has {ids.Length} tokens; a window has {Window}.");
        }

        var result = new Divergence();
        using var session = model.CreateSession();
        using var referenceSession = reference.CreateSession();
        var vocabulary = session.VocabularySize;
        float[] logits = new float[Window * vocabulary], expected = new float[Window * vocabulary];
        for (var w = 0; w < windows; w++)
        {
            cancellation.ThrowIfCancellationRequested();
            var window = ids.AsSpan(w * Window, Window);
            session.Truncate(0);
            session.EvaluateAll(window, logits);
            referenceSession.Truncate(0);
            referenceSession.EvaluateAll(window, expected);
            for (var i = FirstMeasured; i < Window; i++)
            {
                var next = i + 1 < Window ? window[i + 1] : -1;
                result.Add(expected.AsSpan(i * vocabulary, vocabulary), logits.AsSpan(i * vocabulary, vocabulary), next);
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{windows} windows: KL divergence {result.Mean:F5} (99%: {result.Percentile(0.99):F5}), top-1 agreement {result.Top1:P2}, perplexity {result.Perplexity:F3}, reference {result.ReferencePerplexity:F3}"));
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject
            {
                ["kld"] = result.Mean,
                ["kld_p99"] = result.Percentile(0.99),
                ["top1"] = result.Top1,
                ["ppl"] = result.Perplexity,
                ["ppl_reference"] = result.ReferencePerplexity,
                ["bytes"] = model.Plan.PackBytes,
                ["bits_rest"] = Math.Round(model.Plan.PackBytes * 8.0 / model.Plan.Shape.Weights.Sum(w => (double)w.Rows * w.Columns), 4),
                ["bits_resident"] = Math.Round(model.BitsResident, 4),
            }.ToJsonString());
        }

        return 0;
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandLine.Error($"--text '{path}' cannot be read: {e.Message}");
        }
    }
}
