using System.Globalization;
using ModelPack.Bench;

// What an ingredient of the compression recipe is worth:
// dotnet run -c Release --project bench/compression -- MODEL CALIBRATION-TEXT TEST-TEXT VARIANT [VARIANT …] [--best] [--windows N] [--cache FOLDER] [--anneal EVALUATIONS]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var best = args.Contains("--best");
int Option(string name) => Array.IndexOf(args, name);
var windows = Option("--windows") is var w and >= 0 ? int.Parse(args[w + 1]) : 8;
var cache = Option("--cache") is var c and >= 0 ? args[c + 1] : Path.Combine(Path.GetTempPath(), "modelpack-bench");
string[] plain = [.. args.Where((a, i) => !a.StartsWith("--", StringComparison.Ordinal) && (i == 0 || args[i - 1] is not ("--windows" or "--cache" or "--anneal")))];
using var experiment = new Experiment(plain[0], plain[1] == "default" ? [] : plain[1].Split(','), plain[2], windows, best, cache);
foreach (var variant in plain[3..].Select(Variant.Parse))
{
    if (Option("--anneal") is var a and >= 0)
    {
        experiment.Anneal(variant, int.Parse(args[a + 1]));
    }
    else
    {
        experiment.Run(variant);
    }
}
