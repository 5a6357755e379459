using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Calibration.Engine;
using ModelPack.Compiler.Import;

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
        var line = new CommandLine("measure", arguments, [.. RunOptions.Names, "--reference", "--text", "--windows", .. CacheArguments.Names], ["--json"]);
        var options = RunOptions.Read(line);
        var wanted = line.Integer("--windows", 1, 100_000) ?? DefaultWindows;
        var text = ReadText(line.Require("--text"));
        var cache = CacheArguments.Open(line);
        using var model = InterpretedModel.Open(line.File, options, null, cancellation, CompressionArguments.Read(line));
        var ids = model.Model.Tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
        var windows = Math.Min(wanted, ids.Length / Window);
        RequireContext(ids.Length, model.Model.ContextLength);
        var workers = new Workers(options.EffectiveThreads, cancellation);
        var set = new WindowSet(ids[..(windows * Window)], Window);
        using var reference = OpenReference(line.Text("--reference") ?? line.File, model, text, ids, set, options, workers, cache);
        var result = Measure(model, reference, set, workers);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{windows} windows: KL divergence {result.Mean:F5} (99%: {result.Percentile(0.99):F5}), top-1 agreement {100 * result.Top1:F2}%, perplexity {result.Perplexity:F3}, reference {result.ReferencePerplexity:F3}"));
        if (line.Has("--json"))
        {
            output.WriteLine(Json(model, result).ToJsonString());
        }

        return 0;
    }

    private static JsonObject Json(InterpretedModel model, Divergence result)
    {
        return new()
        {
            ["kld"] = result.Mean,
            ["kld_p99"] = result.Percentile(0.99),
            ["top1"] = result.Top1,
            ["ppl"] = result.Perplexity,
            ["ppl_reference"] = result.ReferencePerplexity,
            ["bytes"] = model.Plan.PackBytes,
            ["bits_rest"] = model.BitsRest,
            ["bits_resident"] = model.BitsResident,
        };
    }

    /// <summary>A model file runs in the engine, its states cached; a pack runs as it is, with float activations.</summary>
    private static IReferenceLogits OpenReference(
        string path, InterpretedModel model, string text, int[] ids, WindowSet windows, ModelOptions options, Workers workers, BuildCache? cache)
    {
        if (InterpretedModel.IsPack(path))
        {
            var pack = InterpretedModel.Open(path, options with { FloatActivations = true }, null, workers.Cancellation);
            try
            {
                RequireSame(model, ids, pack.Model.Tokenizer.Encode(text, addSpecial: false, parseSpecial: false), pack.Model.VocabularySize);
                return new PackLogits(pack, windows, FirstMeasured);
            }
            catch
            {
                pack.Dispose();
                throw;
            }
        }

        var source = ModelSource.Open(path);
        try
        {
            int[] theirs;
            using (var tokenizer = new ModelTokenizer(source))
            {
                theirs = tokenizer.Encode(text);
            }

            var graph = ArchitectureTable.Build(source);
            RequireSame(model, ids, theirs, graph.VocabularySize);
            RequireContext(ids.Length, graph.ContextLength);
            return new StateLogits(source, ReferenceStates.Open(source, graph.Graph, windows, FirstMeasured, workers, cache));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static void RequireSame(InterpretedModel model, int[] ids, int[] theirs, int vocabulary)
    {
        if (!ids.AsSpan().SequenceEqual(theirs) || model.Model.VocabularySize != vocabulary)
        {
            throw CommandLine.Error("--reference has another tokenizer than the model: their predictions cannot be compared.");
        }
    }

    private static void RequireContext(int tokens, int context)
    {
        if (Math.Min(tokens, context) < Window)
        {
            throw CommandLine.Error($"--text has {tokens} tokens and the context {context} positions; a window has {Window}.");
        }
    }

    private static Divergence Measure(InterpretedModel model, IReferenceLogits reference, WindowSet windows, Workers workers)
    {
        var result = new Divergence();
        using var session = model.CreateSession();
        // Half a window at a time: 50 MB for a vocabulary of 49,152.
        var logits = new float[(Window - FirstMeasured) * session.VocabularySize];
        for (var w = 0; w < windows.Count; w++)
        {
            workers.Cancellation.ThrowIfCancellationRequested();
            var ids = windows.Ids.AsSpan(w * Window, Window);
            session.Truncate(0);
            session.Evaluate(ids[..FirstMeasured]);
            session.EvaluateAll(ids[FirstMeasured..], logits);
            result.AddAll(workers, reference.Logits(w), logits, WindowTokens.Next(windows, w, FirstMeasured, Window - FirstMeasured));
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
