using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack pack FILE -o OUT.mpk</c>: compiles a model. The plan goes to <c>--plan</c>, or beside the pack.</summary>
internal static class PackVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("pack", arguments, ["--name", "--namespace", "--context-length", "-o", "--plan", "--threads", "--report", .. CompressionArguments.Names], ["--json"]);
        var options = CompressionArguments.ReadCompileOptions(line);
        var path = line.Require("-o");
        var threads = line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? Environment.ProcessorCount;
        var planPath = line.Text("--plan") ?? InterpretedModel.PlanBeside(path);
        string[] files = [line.File, path, planPath];
        if (files.All(f => f.Length > 0) && files.Select(Path.GetFullPath).GroupBy(f => f).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw CommandLine.Error($"'{twice.Key}' is given twice: model, pack and plan are three files.");
        }

        using var source = ModelSource.Open(line.File);
        using var pack = new OutputFile(path);
        using var plan = new OutputFile(planPath);
        var label = Path.GetFileName(line.File);
        var progress = new Progress(output, label);
        var result = ModelCompiler.Pack(source, options, pack.Stream, threads, progress.Report, cancellation);
        plan.Write(PlanText.Write(result.Plan));

        // The pack first: a plan names a pack that exists.
        pack.Commit();
        plan.Commit();
        var why = line.Text("--quality") is null ? "; the default is Balanced as soon as there is a quantiser" : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{label}: {result.BytesIn / 1e6:F1} MB -> {result.BytesOut / 1e6:F1} MB, {result.BitsRest:F2} bits per weight at rest, {result.BitsResident:F2} resident, {result.Seconds:F1} s (quality Source{why})"));
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject
            {
                ["bytes_in"] = result.BytesIn,
                ["bytes_out"] = result.BytesOut,
                ["bits_rest"] = Math.Round(result.BitsRest, 4),
                ["bits_resident"] = Math.Round(result.BitsResident, 4),
                ["seconds"] = Math.Round(result.Seconds, 3),
                ["peak_rss_mb"] = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6, 1),
                // Every weight is the file's own: there is nothing to measure a divergence from.
                ["kld"] = null,
            }.ToJsonString());
        }

        return 0;
    }

    /// <summary>At most one line a second, none in the first.</summary>
    private sealed class Progress(TextWriter output, string label)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _next = 1;

        public void Report(double part)
        {
            if (_clock.Elapsed.TotalSeconds >= _next)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label}: packing, {100 * part:F0}%"));
                output.Flush();
                _next = _clock.Elapsed.TotalSeconds + 1;
            }
        }
    }
}
