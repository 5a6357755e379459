using System.Globalization;
using ModelPack;
using ModelPack.Bench;
using ModelPack.Compiler.Profiles;
using ModelPack.Entropy;
using ModelPack.Formats;
using ModelPack.Kernels;

// Rates of the entropy decoder on one core, for each rung that this process can run: dotnet run -c Release --project bench/entropy [-- SECONDS [NAME-PART|PACK.mpk [RUNG]]]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var seconds = args.Length > 0 ? double.Parse(args[0]) : 0.5;
var part = args.Length > 1 ? args[1] : "";
KernelSet[] rungs = [.. KernelSets.Supported.Where(s => args.Length < 3 || s == Enum.Parse<KernelSet>(args[2], ignoreCase: true))];
Console.WriteLine("Medians (best) of one core, G symbols/s.");
Console.WriteLine($"{"stream",-34}{"bits",-8}{string.Concat(rungs.Select(s => $"{s,-16}"))}");
if (part.EndsWith(".mpk", StringComparison.Ordinal))
{
    // What a real model's weights take, all of them.
    var work = new PackCase(part);
    part = "";
    Print("all weights of the pack", work.Bits, rung => work.Measure(rung, seconds));
    return;
}

foreach (var alphabet in Enum.GetValues<RansAlphabet>())
{
    foreach (var deviation in (double[])[0.3, 1.5, RansTable.Entries(alphabet) / 8.0])
    {
        var work = new StreamCase(alphabet, deviation);
        Print($"{alphabet} symbols, deviation {deviation}", work.Bits, rung => work.Measure(rung, seconds));
    }
}

Console.WriteLine();
Console.WriteLine($"{"weight into its resident form",-34}{"bits",-8}");
foreach (var kernel in KernelTable.All.Where(k => k.Format.Family == WeightFamily.Grouped))
{
    var work = new WeightCase(kernel);
    Print(kernel.Format.ToString(), work.Bits, rung => work.Measure(rung, seconds));
}

foreach (var states in (int[])[1, 8])
{
    foreach (var expanded in states == 1 ? [false] : (bool[])[false, true])
    {
        var work = new TiledCase(states, expanded);
        Print($"tiled{(states == 1 ? "" : $" trellis{states}, {(expanded ? "expanded" : "compact")}")}", work.Bits, rung => work.Measure(rung, seconds));
    }
}

void Print(string name, double bits, Func<KernelSet, Stopwatches.Times> measure)
{
    if (!name.Contains(part, StringComparison.OrdinalIgnoreCase))
    {
        return;
    }

    Console.Write($"{name,-34}{bits,-8:F2}");
    foreach (var rung in rungs)
    {
        var times = measure(rung);
        Console.Write($"{$"{1e-9 / times.Median:F2} ({1e-9 / times.Best:F2})",-16}");
    }

    Console.WriteLine();
}
