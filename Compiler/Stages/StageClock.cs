namespace ModelPack.Compiler.Stages;

/// <summary>Where the work stands.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Part">Done of this stage, 0 to 1.</param>
/// <param name="Left">Estimate for this stage and all that follow; null: nothing to go by.</param>
internal readonly record struct StageReport(Stage Stage, double Part, TimeSpan? Left);

/// <summary>
/// Times the stages of a compilation and tells a listener where it stands. One thread at a time; the time never decides anything about the result.
/// </summary>
/// <param name="listener">Told at every beginning and step; it decides how much of that anybody sees.</param>
/// <param name="time">The clock; null: the system's.</param>
internal sealed class StageClock(Action<StageReport> listener, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly SortedDictionary<Stage, (string Name, double Seconds)> _spent = [];
    private RemainingTime _remaining = new([]);
    private Stage? _current;
    private string _name = "";
    private long _began;

    /// <summary>For callers who do not look.</summary>
    public static StageClock Silent => new(_ => { });

    /// <summary>Seconds by stage, in their order; a stage that came several times is one entry.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Spent => [.. _spent.Values.Select(s => KeyValuePair.Create(s.Name, s.Seconds))];

    private double Elapsed => _time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>What is to come, as far as known: the estimate of the remaining time goes by it.</summary>
    public void Expect(IEnumerable<ExpectedStage> stages) => _remaining = new(stages);

    /// <summary>Ends the stage before it, too.</summary>
    /// <param name="stage">What begins.</param>
    public void Begin(Stage stage)
    {
        End();
        (_current, _name, _began) = (stage, Words(stage), _time.GetTimestamp());
        _remaining.Begin(stage);
        Report(0);
    }

    /// <summary>Calls the current stage by another name, such as <c>statistics, from the cache</c>.</summary>
    public void Rename(string name) => _name = name;

    /// <param name="part">Done of the current stage, 0 to 1.</param>
    public void Report(double part)
    {
        if (_current is { } stage)
        {
            listener(new(stage, part, _remaining.Left(part, Elapsed)));
        }
    }

    /// <summary>Ends the current stage; nothing may have begun.</summary>
    public void End()
    {
        if (_current is { } stage)
        {
            var seconds = Elapsed;
            _spent[stage] = (_name, _spent.GetValueOrDefault(stage).Seconds + seconds);
            _remaining.End(seconds);
            _current = null;
        }
    }

    /// <summary>A stage as a report and a console name it.</summary>
    public static string Words(Stage stage) => stage switch
    {
        Stage.Reading => "reading",
        Stage.Statistics => "statistics",
        Stage.Reference => "the original on held-out text",
        Stage.Quantising => "quantising",
        Stage.Packing => "packing",
        Stage.Measuring => "measuring",
        Stage.Allocation => "dividing bits",
        Stage.Tuning => "tuning",
        _ => "samples",
    };
}
