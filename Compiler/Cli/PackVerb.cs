using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Cache;
using ModelPack.Compiler.Calibration;
using ModelPack.Compiler.Chat;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Report;
using ModelPack.Compiler.Stages;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack pack FILE -o OUT.mpk</c>: compiles a model. The plan goes to <c>--plan</c>, or beside the pack. A model that was compiled before with the same options comes from the cache.</summary>
internal static class PackVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var line = new CommandLine("pack", arguments, ["--name", "--namespace", "--context-length", "-o", "--plan", "--shape", "--threads", "--report", .. CompressionArguments.Names, .. CacheArguments.Names], ["--json"]);
        var cache = CacheArguments.Open(line);
        var options = CompressionArguments.ReadCompileOptions(line);
        options = options with { Compression = options.Compression with { StatisticsCache = cache } };
        var threads = line.Integer("--threads", 1, ModelOptions.MaxThreads) ?? Environment.ProcessorCount;
        var path = line.Require("-o");
        var planPath = line.Text("--plan") ?? InterpretedModel.PlanBeside(path);
        var shapePath = line.Text("--shape");
        CheckDistinct(line.File, path, planPath, shapePath, line.Text("--report"));

        using var source = ModelSource.Open(line.File);
        using var pack = new OutputFile(path);
        using var plan = new OutputFile(planPath);
        using var shape = shapePath is null ? null : new OutputFile(shapePath);
        if (ChatTemplateSource.Problem(source.Metadata) is { } problem)
        {
            errors.WriteLine($"{line.File} : warning {CompilerCodes.ChatTemplateUnsupported}: {problem}");
        }

        var key = cache is null ? default : CacheArguments.Key(line, cache);
        // (A report shows the work: it is done.)
        var cached = cache is null || line.Text("--report") is not null ? null : CompiledModel.TryGet(cache, key, pack.Stream);
        using var report = line.Text("--report") is { } reportPath ? new OutputFile(reportPath) : null;
        var model = cached ?? Compile(line, source, options, threads, pack.Stream, report, output, cancellation);
        plan.Write(model.Plan);
        shape?.Write(model.Shape);
        cancellation.ThrowIfCancellationRequested();
        if (cached is null && cache is not null)
        {
            model.Put(cache, key, pack.Stream);
        }

        // The pack first: a plan names a pack that exists.
        pack.Commit();
        plan.Commit();
        report?.Commit();
        shape?.Commit();
        Print(line, model, cached is not null, cache?.Trouble, clock.Elapsed.TotalSeconds, output);
        return 0;
    }

    private static void CheckDistinct(params string?[] files)
    {
        if (files.All(f => f is null || f.Length > 0) && files.OfType<string>().Select(Path.GetFullPath).GroupBy(f => f).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw CommandLine.Error($"'{twice.Key}' is given twice: model, pack, plan, shape and report are different files.");
        }
    }

    private static CompiledModel Compile(CommandLine line, ModelSource source, CompileOptions options, int threads, Stream pack, OutputFile? report, TextWriter output, CancellationToken cancellation)
    {
        var progress = new Progress(output, Path.GetFileName(line.File));
        var clock = new StageClock(progress.Report);
        var result = ModelCompiler.Pack(source, options, pack, threads, clock, cancellation);
        var summary = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.BytesIn / 1e6:F1} MB -> {result.BytesOut / 1e6:F1} MB, {result.BitsRest:F2} bits per weight at rest, {result.BitsResident:F2} resident{Speed(options.Compression, result)} ({result.How})");
        if (report is not null)
        {
            // A pack that holds the file's own numbers says what the file says.
            var samples = options.Compression.KeepsSource
                ? []
                : ReportSamples.Write(line.File, pack, result.Plan, CalibrationTexts.Read(options.Compression.Calibration), threads, clock, cancellation);
            report.Write(Report(line, line.Text("--report")!, result, samples, clock));
        }

        var figures = new JsonObject
        {
            ["bytes_in"] = result.BytesIn,
            ["bytes_out"] = result.BytesOut,
            ["bits_rest"] = Math.Round(result.BitsRest, 4),
            ["bits_resident"] = Math.Round(result.BitsResident, 4),
            // Null where nothing was measured: every weight is the file's own, or rounded without calibration.
            ["kld"] = result.Divergence,
        };
        if (result.DecodeSpeed is { } speed)
        {
            figures["decode_tps_expected"] = Math.Round(speed, 1);
        }

        return new(PlanText.Write(result.Plan), PlanText.Write(result.Plan.Shape), summary, figures.ToJsonString());
    }

    private static string Speed(CompressionOptions options, PackResult result) => result.DecodeSpeed is { } speed
        ? string.Create(CultureInfo.InvariantCulture, $", about {speed:F0} tokens/s on {options.Profile!.Name} with {options.Profile.Threads} threads")
        : "";

    private static string Report(CommandLine line, string path, PackResult result, IReadOnlyList<ReportSample> samples, StageClock clock)
    {
        var report = ReportBuilder.Build(
            Path.GetFileName(line.File),
            [.. line.Given.Where(g => CompressionArguments.Names.Contains(g.Option)).Select(g => KeyValuePair.Create(g.Option[2..], g.Value))],
            result,
            samples,
            clock.Spent);
        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ReportJson.Write(report).ToJsonString() : ReportHtml.Write(report);
    }

    private static void Print(CommandLine line, CompiledModel model, bool cached, string? trouble, double seconds, TextWriter output)
    {
        var how = cached ? ", from the cache" : trouble is null ? "" : $"; not kept in the cache: {trouble}";
        var peak = Process.GetCurrentProcess().PeakWorkingSet64;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(line.File)}: {model.Summary}, {seconds:F1} s{how}{(cached ? "" : $", {peak / 1e9:F1} GB of memory at most")}"));
        if (line.Has("--json"))
        {
            var figures = (JsonObject)JsonNode.Parse(model.Figures)!;
            figures["seconds"] = Math.Round(seconds, 3);
            figures["peak_rss_mb"] = Math.Round(peak / 1e6, 1);
            figures["cached"] = cached;
            output.WriteLine(figures.ToJsonString());
        }
    }

    /// <summary>At most one line a second, none in the first.</summary>
    private sealed class Progress(TextWriter output, string label)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _next = 1;

        public void Report(StageReport report)
        {
            if (_clock.Elapsed.TotalSeconds >= _next)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label}: {StageClock.Words(report.Stage)}, {100 * report.Part:F0}%{StageExpectations.Words(report.Left)}"));
                output.Flush();
                _next = _clock.Elapsed.TotalSeconds + 1;
            }
        }
    }
}
