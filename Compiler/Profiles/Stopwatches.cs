using System.Diagnostics;

namespace ModelPack.Compiler.Profiles;

/// <summary>Times an action: many samples of at least a millisecond or two, of which the median and the best are kept.</summary>
internal static class Stopwatches
{
    private const double SampleSeconds = 0.002;

    /// <summary>Seconds of one call.</summary>
    public readonly record struct Times(double Median, double Best);

    public static Times Measure(Action action, double seconds)
    {
        action();
        var calls = 1;
        while (Sample(action, calls) < SampleSeconds)
        {
            calls *= 2;
        }

        var samples = new List<double>();
        var start = Stopwatch.GetTimestamp();
        do
        {
            samples.Add(Sample(action, calls) / calls);
        }
        while (samples.Count < 5 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        samples.Sort();
        return new(samples[samples.Count / 2], samples[0]);
    }

    private static double Sample(Action action, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
