using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelPack.Compiler.Cli;

/// <summary>
/// <c>modelpack measure PACK|FILE --text T</c>: the model as an app runs it (int8 activations unless told otherwise) against a reference with float activations:
/// <c>--reference FILE</c>, or itself. Divergence, agreement, perplexity over windows of 512 tokens from the start of the text, positions 256 … 511 of each (DESIGN.md).
/// </summary>
internal static class MeasureVerb
{
    private const int Window = 512;
    private const int FirstMeasured = 256;
    private const int DefaultWindows = 24;

    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("measure", arguments, [.. RunOptions.Names, "--reference", "--text", "--windows"], ["--json"]);
        var options = RunOptions.Read(line);
        var windows = line.Integer("--windows", 1, 100_000) ?? DefaultWindows;
        var text = ReadText(line.Require("--text"));
        using var model = InterpretedModel.Open(line.File, options, null, cancellation);
        using var reference = InterpretedModel.Open(line.Text("--reference") ?? line.File, options with { FloatActivations = true }, null, cancellation);
        var ids = model.Model.Tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
        if (!ids.AsSpan().SequenceEqual(reference.Model.Tokenizer.Encode(text, addSpecial: false, parseSpecial: false)) || model.Model.VocabularySize != reference.Model.VocabularySize)
        {
            throw CommandLine.Error("--reference has another tokenizer than the model: their predictions cannot be compared.");
        }

        windows = Math.Min(windows, ids.Length / Window);
        if (windows == 0 || Math.Min(model.Model.ContextLength, reference.Model.ContextLength) < Window)
        {
            throw CommandLine.Error($"--text has {ids.Length} tokens and the context {Math.Min(model.Model.ContextLength, reference.Model.ContextLength)} positions; a window has {Window}.");
        }

        var result = Measure(model, reference, ids, windows, cancellation);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{windows} windows: KL divergence {result.Mean:F5} (99%: {result.Percentile(0.99):F5}), top-1 agreement {100 * result.Top1:F2}%, perplexity {result.Perplexity:F3}, reference {result.ReferencePerplexity:F3}"));
        if (line.Has("--json"))
        {
            var matrices = model.Model.Weights.Where(w => w.Rows > 1).ToList();
            output.WriteLine(new JsonObject
            {
                ["kld"] = result.Mean,
                ["kld_p99"] = result.Percentile(0.99),
                ["top1"] = result.Top1,
                ["ppl"] = result.Perplexity,
                ["ppl_reference"] = result.ReferencePerplexity,
                ["bytes"] = model.Plan.PackBytes,
                ["bits_rest"] = model.BitsRest,
                ["bits_resident"] = 8.0 * matrices.Sum(w => w.ResidentBytes) / matrices.Sum(w => (double)w.Rows * w.Columns),
            }.ToJsonString());
        }

        return 0;
    }

    private static Divergence Measure(InterpretedModel model, InterpretedModel reference, int[] ids, int windows, CancellationToken cancellation)
    {
        var result = new Divergence();
        using var session = model.CreateSession();
        using var referenceSession = reference.CreateSession();
        var vocabulary = session.VocabularySize;
        // Half a window at a time: 50 MB for a vocabulary of 49,152.
        float[] logits = new float[FirstMeasured * vocabulary], expected = new float[FirstMeasured * vocabulary];
        for (var w = 0; w < windows; w++)
        {
            cancellation.ThrowIfCancellationRequested();
            var window = ids.AsSpan(w * Window, Window);
            session.Truncate(0);
            referenceSession.Truncate(0);
            session.Evaluate(window[..FirstMeasured]);
            referenceSession.Evaluate(window[..FirstMeasured]);
            session.EvaluateAll(window[FirstMeasured..], logits);
            referenceSession.EvaluateAll(window[FirstMeasured..], expected);
            for (var i = FirstMeasured; i < Window; i++)
            {
                var next = i + 1 < Window ? window[i + 1] : -1;
                var at = (i - FirstMeasured) * vocabulary;
                result.Add(expected.AsSpan(at, vocabulary), logits.AsSpan(at, vocabulary), next);
            }
        }

        return result;
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
