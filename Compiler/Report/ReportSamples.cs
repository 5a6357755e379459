using ModelPack.Compiler.Cli;
using ModelPack.Compiler.Compression;
using ModelPack.Compiler.Interpreter;
using ModelPack.Compiler.Stages;
using ModelPack.Execution;
using ModelPack.Plan;

namespace ModelPack.Compiler.Report;

/// <summary>The same prompts, continued greedily by the original with float activations and by the pack as an application runs it.</summary>
internal static class ReportSamples
{
    private const int Prompts = 3;
    private const int Tokens = 40;

    /// <param name="file">The model file.</param>
    /// <param name="pack">The pack made of it.</param>
    /// <param name="plan">The pack's plan.</param>
    /// <param name="texts">Calibration texts: prompts come from their ends.</param>
    /// <param name="threads">Threads; the texts do not depend on them.</param>
    /// <param name="clock">Told what is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static IReadOnlyList<ReportSample> Write(string file, Stream pack, ModelPlan plan, IReadOnlyList<string> texts, int threads, StageClock clock, CancellationToken cancellation)
    {
        clock.Begin(Stage.Samples);
        var prompts = HeldOutPrompts.Of(texts, Prompts);
        string[] compressed, original;
        using (var running = new PackInMemory(pack, plan, new() { Threads = threads }))
        {
            compressed = [.. prompts.Select(p => Continue(running.Session, running.Tokenizer, p, cancellation))];
        }

        clock.Report(0.3);
        // Stored as it is used: there is nothing to gain from coding what is thrown away.
        using (var source = InterpretedModel.Open(file, new() { Threads = threads, FloatActivations = true }, null, cancellation, new() { Optimize = Optimize.Speed }))
        using (var session = source.CreateSession())
        {
            original = [.. prompts.Select(p => Continue(session, source.Model.Tokenizer, p, cancellation))];
        }

        clock.End();
        return [.. prompts.Select((p, i) => new ReportSample(p, original[i], compressed[i]))];
    }

    private static string Continue(DecoderSession session, Tokenizer tokenizer, string prompt, CancellationToken cancellation)
    {
        var ids = tokenizer.Encode(prompt);
        ids = ids[..Math.Min(ids.Length, session.ContextLength / 2)];
        session.Truncate(0);
        return GreedyText.Continue(session, tokenizer, ids, session.Evaluate(ids), Tokens, TextWriter.Null, cancellation).Text;
    }
}
