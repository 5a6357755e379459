using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ModelPack.Compiler.Import;
using ModelPack.Plan;

namespace ModelPack.Compiler.Cli;

/// <summary><c>modelpack pack FILE -o OUT.mpk</c>: compiles a model; with <c>--plan</c> writes the plan for the generator.</summary>
internal static class PackVerb
{
    public static int Run(ReadOnlySpan<string> arguments, TextWriter output, CancellationToken cancellation)
    {
        var line = new CommandLine("pack", arguments, ["--name", "--namespace", "--quality", "--context-length", "-o", "--plan", "--threads"], ["--json"]);
        CompileOptions.CheckQuality(line.Text("--quality"));
        var options = new CompileOptions(line.Text("--name") ?? "Model", line.Text("--namespace") ?? "", line.Integer("--context-length", 1, int.MaxValue));
        var (packPath, planPath) = (line.Require("-o"), line.Text("--plan"));
        if (new[] { line.File, packPath, planPath }.OfType<string>().Where(p => p.Length > 0).Select(Path.GetFullPath).GroupBy(p => p).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw CommandLine.Error($"'{twice.Key}' is given twice: model, pack and plan are three files.");
        }

        using var source = ModelSource.Open(line.File);
        using var pack = new OutputFile(packPath);
        using var plan = planPath is null ? null : new OutputFile(planPath);
        var label = Path.GetFileName(line.File);
        var clock = Stopwatch.StartNew();
        var shown = 1.0;
        var result = ModelCompiler.Pack(source, options, pack.Stream, line.Integer("--threads", 1, 256) ?? Environment.ProcessorCount, part =>
        {
            if (clock.Elapsed.TotalSeconds >= shown)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label}: packing, {part:P0}"));
                shown = clock.Elapsed.TotalSeconds + 1;
            }
        }, cancellation);
        plan?.Stream.Write(Encoding.UTF8.GetBytes(PlanText.Write(result.Plan)));

        // The plan behind the pack: a plan names a pack that exists.
        pack.Commit();
        plan?.Commit();

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{label}: {result.BytesIn / 1e6:F1} MB -> {result.BytesOut / 1e6:F1} MB, {result.BitsPerWeight:F2} bits per weight, quality Source, {result.Seconds:F1} s"));
        if (line.Has("--json"))
        {
            output.WriteLine(new JsonObject
            {
                ["bytes_in"] = result.BytesIn,
                ["bytes_out"] = result.BytesOut,
                ["bits_rest"] = Math.Round(result.BytesOut * 8.0 / result.Plan.Shape.Weights.Sum(w => (double)w.Rows * w.Columns), 4),
                ["bits_source"] = Math.Round(result.BitsPerWeight, 4),
                ["bits_resident"] = Math.Round(result.ResidentBitsPerWeight, 4),
                ["kld"] = null, // not measured: Source keeps every weight
                ["seconds"] = Math.Round(result.Seconds, 3),
                ["peak_rss_mb"] = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6, 1),
            }.ToJsonString());
        }

        return 0;
    }
}
