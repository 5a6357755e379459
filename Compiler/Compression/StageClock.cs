using System.Diagnostics;

namespace ModelPack.Compiler.Compression;

/// <summary>Where time goes: every stage's seconds, in the order in which stages began.</summary>
internal sealed class StageClock
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string> _order = [];
    private readonly Dictionary<string, double> _seconds = [];

    public IReadOnlyList<KeyValuePair<string, double>> Seconds => [.. _order.Select(s => KeyValuePair.Create(s, _seconds[s]))];

    /// <summary>Adds the time since the last call to a stage.</summary>
    public void Spend(string stage)
    {
        if (_seconds.TryAdd(stage, 0))
        {
            _order.Add(stage);
        }

        _seconds[stage] += _clock.Elapsed.TotalSeconds;
        _clock.Restart();
    }
}
